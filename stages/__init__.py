"""What happens to one clip. Plain Python on arrays: no Ray, no storage; a stage knows no other stage."""
