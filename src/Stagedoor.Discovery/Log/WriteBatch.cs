using System.Runtime.InteropServices;

namespace Stagedoor.Discovery.Log;

/// <summary>The writes of one commit, which do not get into each other's way.</summary>
internal sealed class WriteBatch
{
    private readonly Dictionary<string, bool> _taken = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Kind, string Tenant), int> _pending = [];

    /// <summary>The rows to write.</summary>
    public List<EntryRow> Rows { get; } = [];

    /// <summary>Those that change something: answered when it is stored.</summary>
    public List<WriteCommand> Changing { get; } = [];

    /// <summary>Those that found nothing to change.</summary>
    public List<WriteCommand> Unchanging { get; } = [];

    /// <summary>Those that have to see the others' changes first.</summary>
    public List<WriteCommand> Postponed { get; } = [];

    /// <summary>Decides the commands in their order.</summary>
    public static WriteBatch Decide(IEnumerable<WriteCommand> commands, long revision)
    {
        var batch = new WriteBatch();
        foreach (var command in commands)
        {
            batch.Decide(command, revision);
        }

        return batch;
    }

    private void Decide(WriteCommand command, long revision)
    {
        if (!IsFree(command.Scopes))
        {
            Postponed.Add(command);
            return;
        }

        var draft = new Draft(revision, (kind, tenant) => _pending.GetValueOrDefault((kind, tenant)));
        command.Decide(draft);
        if (draft.Rows.Count == 0)
        {
            Unchanging.Add(command);
            return;
        }

        Changing.Add(command);
        Rows.AddRange(draft.Rows);
        foreach (var added in draft.New)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_pending, added, out _)++;
        }

        foreach (var scope in command.Scopes)
        {
            _taken[scope.Key] = scope.IsShared;
        }
    }

    private bool IsFree(Scope[] scopes)
    {
        foreach (var scope in scopes)
        {
            if (_taken.TryGetValue(scope.Key, out var isShared) && !(isShared && scope.IsShared))
            {
                return false;
            }
        }

        return true;
    }
}
