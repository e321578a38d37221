"""How an account is connected: each network's way from a person's consent to a token, its renewal and its end.

    begin -> a person consents in a browser -> exchange -> accounts -> (kept by the publisher)
                                                           refresh, inspect, revoke

Reached through `channels.registry`. A flow makes no secrets of its own and has no clock: state, verifier and time are arguments.
"""
