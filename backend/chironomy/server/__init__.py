"""The local HTTP server: the add-on's way to the pipeline, and anybody's who may read the token (docs/server.md).

serve       starts and ends it: lock, socket, handshake, uvicorn
app         puts the parts together
gate        who may come in, and how much they may bring
routes      what can be asked
intake      an upload becomes a job
jobs        the queue, one worker for each device
worker      the worker's process, as the server sees it
work        what runs in that process
store       what outlives the server: SQLite and result files
"""
