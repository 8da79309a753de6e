namespace Stagedoor.Errors.Tests;

/// <summary>The codes of the founding documents, one line each: what the catalogue has to hold whatever else it gains.</summary>
internal static class FoundingTable
{
    public static IReadOnlyList<FoundingRow> Rows { get; } = Read();

    private static FoundingRow[] Read() =>
    [
        .. File.ReadLines(Path.Combine(Repository.GoldenFolder, "codes.tsv"))
            .Skip(1)
            .Select(line => line.Split('\t'))
            .Select(cells => new FoundingRow(cells[0], cells[1], cells[2], cells[3])),
    ];
}
