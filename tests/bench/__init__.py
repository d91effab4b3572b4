"""`make bench`: what the bridge costs beside the barest thing that does the same work, and beside plain Faust.

Every side is a process of its own on 127.0.0.1; sides that are compared run in turn, so that drift hits all of them.
"""
