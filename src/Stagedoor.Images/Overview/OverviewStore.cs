
namespace Stagedoor.Images.Overview;

/// <summary>Numbers of accounts. They are sums of what organizations and repositories count themselves; no tag and no manifest is looked at.</summary>
internal sealed class OverviewStore(ImagesDb db)
{
    /// <summary>How many days are kept and shown.</summary>
    public const int ReportedDays = 30;

    // Where the sum of all days stands.
    private const long AllDays = 0;

    /// <summary>The day of a time, counted from 1970.</summary>
    public static long DayOf(DateTimeOffset time) => (long)(time.UtcDateTime - DateTime.UnixEpoch).TotalDays;

    public async Task<AccountUse> ReadUseAsync(string domainId, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT o.organizations, o.tags, o.bytes, o.most_bytes, r.repositories, r.most_tags
            FROM (SELECT COUNT(*) AS organizations, CAST(COALESCE(SUM(tag_count), 0) AS BIGINT) AS tags, CAST(COALESCE(SUM(used_bytes), 0) AS BIGINT) AS bytes,
                    COALESCE(MAX(CASE WHEN quota_bytes IS NULL THEN used_bytes ELSE 0 END), 0) AS most_bytes
                 FROM organizations WHERE domain_id = @domainId) AS o,
                (SELECT COUNT(*) AS repositories, COALESCE(MAX(num_images), 0) AS most_tags FROM repositories WHERE domain_id = @domainId) AS r
            """;

        return await db.FindAsync<AccountUse>(Sql, new { domainId }, cancellationToken) ?? new();
    }

    /// <summary>How many bytes were sent of the account's images since the beginning.</summary>
    public Task<long> ReadSentAsync(string domainId, CancellationToken cancellationToken) => db.FindAsync<long>(
        "SELECT bytes FROM account_traffic WHERE domain_id = @domainId AND day = @AllDays", new { domainId, AllDays }, cancellationToken);

    /// <summary>Adds what was sent on a day.</summary>
    public Task<int> AddTrafficAsync(IReadOnlyCollection<KeyValuePair<string, long>> sent, long day, CancellationToken cancellationToken)
    {
        const string Sql = """
            INSERT INTO account_traffic (domain_id, day, bytes) VALUES (@domainId, @AllDays, @bytes), (@domainId, @day, @bytes)
            ON CONFLICT (domain_id, day) DO UPDATE SET bytes = account_traffic.bytes + excluded.bytes
            """;

        return db.TransactAsync(
            async session =>
            {
                // In one order everywhere, or two replicas wait for each other.
                foreach (var (domainId, bytes) in sent.OrderBy(static s => s.Key, StringComparer.Ordinal))
                {
                    await session.ExecuteAsync(Sql, new { domainId, day, bytes, AllDays });
                }

                return sent.Count;
            },
            cancellationToken);
    }

    /// <summary>Notes for today how large the images of all accounts are, and forgets days that are not shown any more.</summary>
    public Task<int> SampleAsync(long today, CancellationToken cancellationToken)
    {
        const string Sample = """
            INSERT INTO account_storage (domain_id, day, bytes)
            SELECT d.domain_id, @today, CAST(COALESCE(SUM(o.used_bytes), 0) AS BIGINT)
            FROM (SELECT domain_id FROM organizations UNION SELECT domain_id FROM account_storage) AS d
            LEFT JOIN organizations o ON o.domain_id = d.domain_id
            WHERE d.domain_id <> ''
            GROUP BY d.domain_id
            ORDER BY d.domain_id
            ON CONFLICT (domain_id, day) DO UPDATE SET bytes = excluded.bytes
            """;

        var oldest = today - ReportedDays;
        return db.TransactAsync(
            async session =>
            {
                await session.ExecuteAsync("DELETE FROM account_storage WHERE day <= @oldest", new { oldest });
                await session.ExecuteAsync("DELETE FROM account_traffic WHERE day <= @oldest AND day > @AllDays", new { oldest, AllDays });
                return await session.ExecuteAsync(Sample, new { today });
            },
            cancellationToken);
    }

    /// <summary>What was sent on each of the last days.</summary>
    public async Task<IReadOnlyList<AccountDay>> ListTrafficAsync(string domainId, long today, CancellationToken cancellationToken)
    {
        var days = (await ListAsync("account_traffic", domainId, today, cancellationToken)).ToDictionary(static d => d.Day, static d => d.Bytes);
        return [.. LastDays(today).Select(day => new AccountDay { Day = day, Bytes = days.GetValueOrDefault(day) })];
    }

    /// <summary>How large the images were on each of the last days, beginning with the first of which that is known. On a day without a sample they were what they were before.</summary>
    public async Task<IReadOnlyList<AccountDay>> ListStorageAsync(string domainId, long today, CancellationToken cancellationToken)
    {
        var days = (await ListAsync("account_storage", domainId, today, cancellationToken)).ToDictionary(static d => d.Day, static d => d.Bytes);
        var known = new List<AccountDay>();
        foreach (var day in LastDays(today))
        {
            if (days.TryGetValue(day, out var bytes))
            {
                known.Add(new() { Day = day, Bytes = bytes });
            }
            else if (known.Count > 0)
            {
                known.Add(known[^1] with { Day = day });
            }
        }

        return known;
    }

    private static IEnumerable<long> LastDays(long today)
    {
        for (var day = today - ReportedDays + 1; day <= today; day++)
        {
            yield return day;
        }
    }

    private Task<IReadOnlyList<AccountDay>> ListAsync(string table, string domainId, long today, CancellationToken cancellationToken) =>
        db.QueryAsync<AccountDay>(
            $"SELECT day, bytes FROM {table} WHERE domain_id = @domainId AND day > @oldest AND day <= @today ORDER BY day",
            new { domainId, oldest = today - ReportedDays, today },
            cancellationToken);
}

/// <summary>How much an account has.</summary>
internal sealed record AccountUse
{
    public long Organizations { get; init; }

    public long Repositories { get; init; }

    public long Tags { get; init; }

    /// <summary>What its organizations hold.</summary>
    public long Bytes { get; init; }

    /// <summary>What that one holds which holds most and has no quota of its own.</summary>
    public long MostBytes { get; init; }

    /// <summary>The tags of the repository that has most.</summary>
    public long MostTags { get; init; }
}

/// <summary>The bytes of a day.</summary>
internal sealed record AccountDay
{
    public long Day { get; init; }

    public long Bytes { get; init; }
}
