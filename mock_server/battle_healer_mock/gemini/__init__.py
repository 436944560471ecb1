"""A double of the Gemini API: it speaks the wire of the real one, and no model is behind it."""
