package httpd

// Manager is what a clinic's manager reads and changes beside documents.
type Manager interface {
	Reviewer
	Writer
	Profiler
	Previewer
	DepartmentTable
}
