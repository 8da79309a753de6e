using System.Text;
using Microsoft.Data.Sqlite;

namespace Stagedoor.Storage.Sqlite;

/// <summary>Writes many rows with few statements, each prepared once.</summary>
internal static class SqliteBulk
{
    // More rows in a statement save little, and make one that is longer to prepare.
    private const int MaxRowsPerStatement = 64;
    private const int MaxVariables = 32_766;

    /// <summary>Inserts the rows, or none of them: what a failure leaves of the statements before it is undone, also when the caller goes on.</summary>
    internal static async Task InsertAsync(
        SqliteConnection connection, SqliteTransaction transaction, BulkTable table, IReadOnlyList<object?[]> rows, CancellationToken cancellationToken)
    {
        await transaction.SaveAsync("bulk", cancellationToken);
        try
        {
            var perStatement = Math.Clamp(MaxVariables / table.Columns.Count, 1, MaxRowsPerStatement);
            var whole = rows.Count - (rows.Count % perStatement);
            Insert(connection, transaction, table, rows, 0, whole, perStatement, cancellationToken);
            Insert(connection, transaction, table, rows, whole, rows.Count, rows.Count - whole, cancellationToken);
        }
        catch when (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0)
        {
            await transaction.RollbackAsync("bulk", CancellationToken.None);
            await transaction.ReleaseAsync("bulk", CancellationToken.None);
            throw;
        }

        await transaction.ReleaseAsync("bulk", cancellationToken);
    }

    private static void Insert(
        SqliteConnection connection,
        SqliteTransaction transaction,
        BulkTable table,
        IReadOnlyList<object?[]> rows,
        int from,
        int to,
        int perStatement,
        CancellationToken cancellationToken)
    {
        if (from == to)
        {
            return;
        }

        using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // The names are lower-case letters, digits and underscores; the table has checked them.
        command.CommandText = Statement(table, perStatement);
#pragma warning restore CA2100
        var parameters = new SqliteParameter[perStatement * table.Columns.Count];
        for (var i = 0; i < parameters.Length; i++)
        {
            parameters[i] = command.Parameters.Add(new SqliteParameter($"@{i}", SqliteType(table.Columns[i % table.Columns.Count].Type)));
        }

        command.Prepare();
        for (var first = from; first < to; first += perStatement)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var i = 0; i < parameters.Length; i++)
            {
                parameters[i].Value = rows[first + (i / table.Columns.Count)][i % table.Columns.Count] ?? DBNull.Value;
            }

            command.ExecuteNonQuery();
        }
    }

    private static string Statement(BulkTable table, int rows)
    {
        var sql = new StringBuilder($"INSERT INTO {table.Name} ({string.Join(", ", table.Columns.Select(static c => c.Name))}) VALUES ");
        for (var row = 0; row < rows; row++)
        {
            var first = row * table.Columns.Count;
            sql.Append(row == 0 ? "(" : ", (").AppendJoin(", ", Enumerable.Range(first, table.Columns.Count).Select(static i => $"@{i}")).Append(')');
        }

        return sql.ToString();
    }

    private static SqliteType SqliteType(BulkType type) => type switch
    {
        BulkType.Text => Microsoft.Data.Sqlite.SqliteType.Text,
        BulkType.Number => Microsoft.Data.Sqlite.SqliteType.Integer,
        BulkType.Real => Microsoft.Data.Sqlite.SqliteType.Real,
        _ => Microsoft.Data.Sqlite.SqliteType.Blob,
    };
}
