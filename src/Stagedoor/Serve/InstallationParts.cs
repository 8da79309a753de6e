using Stagedoor.Storage;

namespace Stagedoor.Serve;

/// <summary>What was found of an installation before a start changes anything, and whether it may go on.</summary>
/// <param name="FolderId">The installation that the data directory belongs to; null before its first complete start.</param>
/// <param name="HasFirstRun">Whether the keys of a first start are in the data directory.</param>
/// <param name="Gateway">The gateway's database; its content are accounts.</param>
/// <param name="Modules">The databases of the services that are on.</param>
/// <param name="Store">The blob store; it is made when objects are in it.</param>
/// <param name="Listed">The parts that the gateway's database says there are.</param>
internal sealed record InstallationParts(
    string? FolderId,
    bool HasFirstRun,
    DatabaseState Gateway,
    IReadOnlyList<ModulePart> Modules,
    DatabaseState Store,
    IReadOnlySet<string> Listed)
{
    /// <summary>The part that the account is: there once a first start has come so far.</summary>
    internal const string Account = "account";

    internal const string Blobs = "blobs";

    private const string Folder = "the data directory";

    /// <summary>The installation that the parts agree on; null when none of them is marked.</summary>
    internal string? Id => Gateway.Mark?.Id ?? FolderId ?? Modules.Select(static m => m.State.Mark?.Id).FirstOrDefault(static id => id is not null) ?? Store.Mark?.Id;

    // An installation of before there were marks, or nothing at all.
    private bool IsUnmarked => Gateway.Mark is null;

    /// <summary>Why these parts cannot be one whole installation, and what to do, in one line; null when they can.</summary>
    internal string? FindProblem() => FindForeign() ?? FindLostAccount() ?? FindLostModule() ?? FindLostStore();

    private string? FindForeign()
    {
        var marked = Marked().ToList();
        if (marked.Select(static m => m.Id).Distinct(StringComparer.Ordinal).Count() < 2)
        {
            return null;
        }

        // What most agree on is the installation; of two that contradict each other nobody knows.
        var home = marked.GroupBy(static m => m.Id, StringComparer.Ordinal).MaxBy(static g => g.Count())!;
        var foreign = marked.First(m => !string.Equals(m.Id, home.Key, StringComparison.Ordinal));
        return $"{Capital(foreign.What)} belongs to another installation ({Short(foreign.Id)}) than {string.Join(", ", home.Select(static m => m.What))} "
            + $"({Short(home.Key)}). Put the right one in its place, or correct --data and the settings under Storage.";
    }

    private string? FindLostAccount()
    {
        // A first start that did not come to its end goes on from where it was.
        if (Gateway.HasContent || (Gateway.Mark is not null && FolderId is null && !Listed.Contains(Account)))
        {
            return null;
        }

        var evidence = Modules
            .Where(m => m.State.Mark is not null || m.State.HasContent || (m.State.IsMade && !Gateway.IsMade))
            .Select(static m => $"the database of {m.Name}")
            .ToList();
        if (Store.Mark is not null || Store.HasContent)
        {
            evidence.Add($"the blob store {Store.Location}");
        }

        if (FolderId is not null || (HasFirstRun && !Gateway.IsMade))
        {
            evidence.Add(Folder);
        }

        return evidence.Count == 0
            ? null
            : $"The gateway's database {Gateway.Location} has no account, but {string.Join(", ", evidence)} of an installation "
                + $"{(evidence.Count == 1 ? "is" : "are")} there. Put the database back, from where it went or from a backup; for a new installation name a new folder "
                + "with --data and empty stores.";
    }

    private string? FindLostModule()
    {
        foreach (var (name, state, keepsBlobs, isLaterThanMarks) in Modules)
        {
            if (!state.IsMade && (Listed.Contains(name) || (IsUnmarked && Gateway.HasContent && !isLaterThanMarks)))
            {
                return $"The database of {name}, {state.Location}, is gone or empty, but the rest of the installation is there. Put it back, from where it went "
                    + $"or from a backup; if it is lost for good, or {name} was never on, begin it empty with 'stagedoor doctor --begin-anew {name} --yes'.";
            }

            // What came after the marks has put nothing into a store from before them.
            if (keepsBlobs && !isLaterThanMarks && IsUnmarked && state is { IsMade: true, HasContent: false } && Store is { HasContent: true, Mark: null })
            {
                return $"The database of {name}, {state.Location}, knows no blob, but the blob store {Store.Location} is full. Put the right database back, "
                    + $"or begin it empty with 'stagedoor doctor --begin-anew {name} --yes'.";
            }
        }

        return null;
    }

    private string? FindLostStore()
    {
        var isLost = Store.Mark is null
            && (Listed.Contains(Blobs) || (IsUnmarked && !Store.HasContent && Modules.Any(static m => m is { KeepsBlobs: true, State.HasContent: true })));
        return isLost
            ? $"The blob store {Store.Location} is empty or another one, but the rest of the installation is there. Put it back, or correct the settings under "
                + "Storage; if it is lost for good, begin it empty with 'stagedoor doctor --begin-anew blobs --yes'."
            : null;
    }

    private IEnumerable<(string What, string Id)> Marked()
    {
        if (FolderId is not null)
        {
            yield return (Folder, FolderId);
        }

        if (Gateway.Mark is { } gateway)
        {
            yield return ($"the gateway's database {Gateway.Location}", gateway.Id);
        }

        foreach (var (name, state, _, _) in Modules)
        {
            if (state.Mark is { } mark)
            {
                yield return ($"the database of {name} ({state.Location})", mark.Id);
            }
        }

        if (Store.Mark is { } store)
        {
            yield return ($"the blob store {Store.Location}", store.Id);
        }
    }

    private static string Short(string id) => id[..Math.Min(8, id.Length)];

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}

/// <summary>The database of a service.</summary>
/// <param name="Name">What the database is called.</param>
/// <param name="State">What was found of it.</param>
/// <param name="KeepsBlobs">Its rows know what is in the blob store.</param>
/// <param name="IsLaterThanMarks">An installation from before the marks has none.</param>
internal sealed record ModulePart(string Name, DatabaseState State, bool KeepsBlobs, bool IsLaterThanMarks);
