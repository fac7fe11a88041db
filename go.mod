module github.com/tiercel/tiercel

go 1.26
