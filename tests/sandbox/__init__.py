"""The sandbox, asked over real HTTP as a client would ask it."""
