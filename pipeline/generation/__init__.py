"""From a portrait and speech to the portrait that says it: VASA-1's inference, section 3.3.

`speech` makes features of sound that comes in pieces, `controls` says what is asked at which second, `generator` makes
motion of both, `placement` moves a portrait by it, `session` draws that, frame by frame. `models` loads what
all of it needs, `talk` is the way from two files to a video, `grid` shows several controls side by side, `batch` makes
many videos.
"""
