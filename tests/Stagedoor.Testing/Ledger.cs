using System.Reflection;
using System.Text.Json;

namespace Stagedoor.Testing;

/// <summary>Which codes have been seen over HTTP, and where: a file of lines per test assembly, put together by the last test of a full run.</summary>
public static class Ledger
{
    private static readonly Lock s_gate = new();
    private static readonly HashSet<string> s_begun = new(StringComparer.Ordinal);

    /// <summary>The folder with one file per test assembly.</summary>
    public static string Folder { get; } = Path.Combine(Checkout.Root, "artifacts", "ledger");

    /// <summary>Everything that the assemblies of this run have written.</summary>
    public static IReadOnlyList<LedgerEntry> Read() => Directory.Exists(Folder)
        ? [.. Directory.EnumerateFiles(Folder, "*.jsonl").Order(StringComparer.Ordinal)
            .SelectMany(File.ReadLines).Select(l => JsonSerializer.Deserialize<LedgerEntry>(l, JsonSerializerOptions.Web)!)]
        : [];

    internal static void Append(MethodInfo test, IEnumerable<ObservedError> seen)
    {
        var assembly = test.DeclaringType!.Assembly.GetName().Name!;
        var file = Path.Combine(Folder, assembly + ".jsonl");
        lock (s_gate)
        {
            Directory.CreateDirectory(Folder);
            if (s_begun.Add(assembly))
            {
                File.Delete(file);
            }

            File.AppendAllLines(file, seen.Select(e => JsonSerializer.Serialize(
                new LedgerEntry(e.Code, e.Status, $"{test.DeclaringType.FullName}.{test.Name}", e.Body), JsonSerializerOptions.Web)));
        }
    }
}

/// <summary>One line of the ledger.</summary>
/// <param name="Code">The full code.</param>
/// <param name="Status">The HTTP status that came with it.</param>
/// <param name="Test">The test that provoked it.</param>
/// <param name="Body">The body as received.</param>
public sealed record LedgerEntry(string Code, int Status, string Test, string Body);
