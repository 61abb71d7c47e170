"""Networks: the one place, beside generators and training, that loads torch; always when it is needed, never before."""
