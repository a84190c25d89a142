package conversation_test

import (
	"testing"

	"frontdesk/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }
