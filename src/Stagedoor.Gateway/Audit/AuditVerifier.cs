using System.Globalization;
using System.Security.Cryptography;

namespace Stagedoor.Gateway.Audit;

/// <summary>What a check of the audit log found.</summary>
/// <param name="Records">Records that were looked at.</param>
/// <param name="Chains">Processes that wrote them.</param>
/// <param name="Unkeyed">Records of versions whose hashes had no key: a change of them by somebody who knows how goes unnoticed.</param>
/// <param name="Problems">What is not as it was written; empty when all is well.</param>
public sealed record AuditCheck(long Records, int Chains, long Unkeyed, IReadOnlyList<string> Problems);

/// <summary>Finds out whether the audit log is as it was written: nothing changed, taken out, put in, exchanged or cut off.</summary>
internal sealed class AuditVerifier(AuditStore store, AuditKey keys)
{
    private const int MaxProblems = 100;
    private const int PageSize = 1_000;

    public async Task<AuditCheck> VerifyAsync(CancellationToken cancellationToken)
    {
        AuditKey.Opened key;
        try
        {
            key = await keys.OpenAsync(cancellationToken);
        }
        catch (CryptographicException)
        {
            return new(0, 0, 0, ["The key of the audit log was exchanged: the key ring does not open it."]);
        }

        var ends = (await store.ListChainsAsync(cancellationToken)).ToDictionary(static c => c.Chain, StringComparer.Ordinal);
        var run = new Run(key, ends);
        foreach (var end in ends.Values)
        {
            run.Look(end);
        }

        foreach (var chain in ends.Keys.Union(await store.ListChainNamesAsync(cancellationToken), StringComparer.Ordinal).ToList())
        {
            await LookAsync(run, chain, cancellationToken);
        }

        return run.Result();
    }

    // Processes write meanwhile, and old records go: what counts is what both ends said before and after.
    private async Task LookAsync(Run run, string chain, CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = await store.FindChainAsync(chain, cancellationToken);
            run.Begin(chain, before);
            for (var after = 0L; ;)
            {
                var page = await store.ListChainAsync(chain, after, PageSize, cancellationToken);
                foreach (var row in page)
                {
                    run.Look(row);
                }

                if (page.Count < PageSize)
                {
                    break;
                }

                after = page[^1].Sequence;
            }

            var now = await store.FindChainAsync(chain, cancellationToken);
            if (before?.FirstSequence == now?.FirstSequence)
            {
                run.End(now);
                return;
            }

            run.Rewind();
        }
    }

    private sealed class Run(AuditKey.Opened key, Dictionary<string, AuditChain> ends)
    {
        private readonly List<string> _problems = [];
        private (int Problems, long Records, long Unkeyed) _begun;
        private long _records;
        private long _unkeyed;
        private int _chains;
        private string _chain = "";
        private AuditChain? _end;
        private AuditRow? _last;

        public AuditCheck Result() => new(_records, _chains, _unkeyed, _problems);

        public void Look(AuditChain end)
        {
            if (!end.IsIntact(key.Key))
            {
                Add($"The ends of chain {end.Chain} were changed.");
            }

            if (end.PreviousChain is { } previous && !ends.ContainsKey(previous))
            {
                Add($"Chain {previous} is gone, which chain {end.Chain} follows.");
            }
        }

        public void Begin(string chain, AuditChain? end)
        {
            (_chain, _end, _last) = (chain, end, null);
            _begun = (_problems.Count, _records, _unkeyed);
        }

        /// <summary>Forgets the chain at hand.</summary>
        public void Rewind()
        {
            _problems.RemoveRange(_begun.Problems, _problems.Count - _begun.Problems);
            (_records, _unkeyed) = (_begun.Records, _begun.Unkeyed);
        }

        public void Look(AuditRow row)
        {
            _records++;
            var isKeyed = _end is not null;
            if (!isKeyed)
            {
                _unkeyed++;
                if (row.RecordedAt >= key.Since)
                {
                    Add($"{NameOf(row)} stands in a chain that no process wrote.");
                }
            }

            if (!string.Equals(row.Hash, row.ComputeHash(isKeyed ? key.Key : null), StringComparison.Ordinal))
            {
                Add($"{NameOf(row)} was changed.");
            }

            var expected = _last is { } last ? last.Sequence + 1 : _end?.FirstSequence ?? row.Sequence;
            if (row.Sequence != expected)
            {
                Add(string.Create(CultureInfo.InvariantCulture, $"{row.Sequence - expected} records before number {row.Sequence} of chain {_chain} are gone."));
            }
            else if (_last is { } before && !string.Equals(row.PreviousHash, before.Hash, StringComparison.Ordinal))
            {
                Add($"{NameOf(row)} does not follow the record before it.");
            }

            _last = row;
        }

        public void End(AuditChain? now)
        {
            _chains++;
            if (_end is not { } end || now is null)
            {
                return;
            }

            var reached = _last?.Sequence ?? (end.FirstSequence - 1);
            if (reached < end.LastSequence)
            {
                Add(string.Create(CultureInfo.InvariantCulture, $"The last {end.LastSequence - reached} records of chain {_chain} are gone."));
            }
            else if (reached > now.LastSequence || (_last is { } last && !IsEnd(last, end) && !IsEnd(last, now)))
            {
                Add($"The end of chain {_chain} is not the one that was written.");
            }
        }

        // A record between the two ends was the newest for a moment only.
        private static bool IsEnd(AuditRow row, AuditChain end) =>
            row.Sequence != end.LastSequence || string.Equals(row.Hash, end.LastHash, StringComparison.Ordinal);

        private static string NameOf(AuditRow row) =>
            string.Create(CultureInfo.InvariantCulture, $"Record {row.Id} ({row.TraceName}, number {row.Sequence} of chain {row.Chain})");

        private void Add(string problem)
        {
            if (_problems.Count < MaxProblems)
            {
                _problems.Add(problem);
            }
        }
    }
}
