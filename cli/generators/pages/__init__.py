"""The reference pages for people, written off what they tell of."""
