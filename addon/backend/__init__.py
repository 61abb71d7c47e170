"""The add-on's link to the backend, without bpy: everything here may be called from any thread.

state      what can be the matter, and what to do next
children   child processes: clean surroundings, cancel, output line by line
pythons    a Python that the backend can live in
install    the backend's own environment: install, verify, uninstall
process    the server's process and the file by which it is found
client     what is said to it
link       all of it together: the one object that panels and operators hold
"""
