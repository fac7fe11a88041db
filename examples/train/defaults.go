package main

import (
	"fmt"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
)

// defaultModel reads the embedded model of a kind.
func defaultModel(kind event.Kind) (*model.Model, error) {
	data, ok := models.Default(kind)
	if !ok {
		return nil, fmt.Errorf("no embedded model of %s: run make models first", kind)
	}
	return model.Read(data, model.Limits{})
}
