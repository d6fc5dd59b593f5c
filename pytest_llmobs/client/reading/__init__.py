"""What calls about runs and projects ask for, and what they hand out: filters, fields, pages, figures."""
