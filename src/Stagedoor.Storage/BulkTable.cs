using System.Text;
using System.Text.RegularExpressions;

namespace Stagedoor.Storage;

/// <summary>A table that many rows at once are written to, and the one place that says what a row may hold.</summary>
/// <remarks>The check comes before anything is sent, and is the same for every engine: what one of them could hold by chance the other refuses.</remarks>
public sealed partial class BulkTable
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ArgumentException">A name is none, stands twice, or there is no column.</exception>
    public BulkTable(string name, params BulkColumn[] columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Length == 0 || columns.DistinctBy(static c => c.Name, StringComparer.Ordinal).Count() != columns.Length)
        {
            throw new ArgumentException("A table has columns, each once.", nameof(columns));
        }

        // The names go into SQL as they are.
        if (columns.Select(static c => c.Name).Prepend(name).FirstOrDefault(static n => !Identifier().IsMatch(n)) is { } odd)
        {
            throw new ArgumentException($"'{odd}' is no name of a table or column.", nameof(columns));
        }

        (Name, Columns) = (name, [.. columns]);
    }

    public string Name { get; }

    public IReadOnlyList<BulkColumn> Columns { get; }

    /// <summary>Refuses rows that do not fit.</summary>
    /// <exception cref="ArgumentException">A row has another number of values, or a value of another type, than the table.</exception>
    /// <exception cref="StorageException">A text cannot be stored (<see cref="StorageFault.Refused"/>).</exception>
    internal void Check(IReadOnlyList<object?[]> rows)
    {
        for (var row = 0; row < rows.Count; row++)
        {
            if (rows[row].Length != Columns.Count)
            {
                throw new ArgumentException($"Row {row} for {Name} has {rows[row].Length} values instead of {Columns.Count}.", nameof(rows));
            }

            for (var column = 0; column < Columns.Count; column++)
            {
                Check(rows[row][column], Columns[column], row);
            }
        }
    }

    private void Check(object? value, BulkColumn column, int row)
    {
        if (value is string text && column.Type is BulkType.Text)
        {
            if (!IsStorable(text))
            {
                throw new StorageException(
                    StorageSource.Database, StorageFault.Refused, $"Row {row} for {Name}: {column.Name} holds U+0000 or half a character.");
            }
        }
        else if (value is not null && (column.Type, value) is not ((BulkType.Number, long) or (BulkType.Real, double) or (BulkType.Bytes, byte[])))
        {
            throw new ArgumentException($"Row {row} for {Name}: {column.Name} is {column.Type}, and not {value.GetType().Name}.", nameof(value));
        }
    }

    private static bool IsStorable(string text)
    {
        try
        {
            return !text.Contains('\0', StringComparison.Ordinal) && s_strict.GetByteCount(text) >= 0;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9_]{0,62}$", RegexOptions.NonBacktracking)]
    private static partial Regex Identifier();
}

/// <summary>A column of a <see cref="BulkTable"/>.</summary>
/// <param name="Name">Its name in the database.</param>
/// <param name="Type">What it holds; a value may be null where the table allows it.</param>
public readonly record struct BulkColumn(string Name, BulkType Type);

/// <summary>What a column of a <see cref="BulkTable"/> holds.</summary>
public enum BulkType
{
    /// <summary><see langword="string"/> in a <c>TEXT</c>.</summary>
    Text,

    /// <summary><see langword="long"/> in a <c>BIGINT</c>.</summary>
    Number,

    /// <summary><see langword="double"/> in a <c>DOUBLE PRECISION</c>.</summary>
    Real,

    /// <summary>An array of <see langword="byte"/> in a <c>BLOB</c> or <c>BYTEA</c>.</summary>
    Bytes,
}
