"""One peer at the end of a link: its link, its codec and its quirks, seen by the joint as calls and answers."""
