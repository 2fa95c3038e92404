"""The reference pages for people, generated from what they describe."""
