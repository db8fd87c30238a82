"""How each protocol looks on the wire: frames to messages and back, pure."""
