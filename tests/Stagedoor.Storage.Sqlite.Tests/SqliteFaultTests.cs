using Microsoft.Data.Sqlite;
using Xunit;

namespace Stagedoor.Storage.Sqlite.Tests;

public sealed class SqliteFaultTests
{
    [Theory]
    [InlineData(10, StorageFault.InputOutput)]
    [InlineData(13, StorageFault.Full)]
    [InlineData(14, StorageFault.Unavailable)]
    [InlineData(8, StorageFault.Unavailable)]
    [InlineData(11, StorageFault.Corrupt)]
    [InlineData(26, StorageFault.Corrupt)]
    [InlineData(1, StorageFault.Failed)]
    public void What_SQLite_reports_is_the_fault_that_it_means(int code, StorageFault fault) =>
        Assert.Equal(fault, SqliteFaults.Translate(new SqliteException("said so", code), "module.db")!.Fault);
}
