package main

// Held until every planned dependency is in use.
import (
	_ "github.com/tiktoken-go/tokenizer"
)
