using Npgsql;
using NpgsqlTypes;

namespace Stagedoor.Storage.PostgreSql;

/// <summary>Writes many rows by the binary form of <c>COPY</c>.</summary>
internal static class PostgreSqlBulk
{
    internal static async Task InsertAsync(
        NpgsqlConnection connection, BulkTable table, IReadOnlyList<object?[]> rows, CancellationToken cancellationToken)
    {
        var types = table.Columns.Select(static c => Type(c.Type)).ToArray();
        var columns = string.Join(", ", table.Columns.Select(static c => c.Name));

        // Without its completion nothing of it is kept, and the server ends the transaction as after any statement that fails.
        await using var copy = await connection.BeginBinaryImportAsync(
            $"COPY {table.Name} ({columns}) FROM STDIN (FORMAT BINARY)", cancellationToken);
        foreach (var row in rows)
        {
            await copy.StartRowAsync(cancellationToken);
            for (var i = 0; i < types.Length; i++)
            {
                await WriteAsync(copy, row[i], types[i], cancellationToken);
            }
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static Task WriteAsync(NpgsqlBinaryImporter copy, object? value, NpgsqlDbType type, CancellationToken cancellationToken) => value switch
    {
        null => copy.WriteNullAsync(cancellationToken),
        string text => copy.WriteAsync(text, type, cancellationToken),
        long number => copy.WriteAsync(number, type, cancellationToken),
        double number => copy.WriteAsync(number, type, cancellationToken),
        _ => copy.WriteAsync((byte[])value, type, cancellationToken),
    };

    private static NpgsqlDbType Type(BulkType type) => type switch
    {
        BulkType.Text => NpgsqlDbType.Text,
        BulkType.Number => NpgsqlDbType.Bigint,
        BulkType.Real => NpgsqlDbType.Double,
        _ => NpgsqlDbType.Bytea,
    };
}
