"""Sound and face in step: how many frames late a clip's sound is, and how surely it is that face's voice."""
