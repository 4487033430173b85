"""How motion is drawn, in several ways, and how far the fast ones are from the plain one."""
