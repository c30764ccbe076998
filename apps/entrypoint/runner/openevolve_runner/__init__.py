"""Drive the pinned OpenEvolve through its own classes, and never lose finished work.

The other side of the contract is `apps/entrypoint/src/runner/protocol.ts`: a run file comes in,
events go out on one descriptor, commands come in on another.
"""
