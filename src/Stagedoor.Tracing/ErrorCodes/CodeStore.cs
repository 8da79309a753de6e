namespace Stagedoor.Tracing.ErrorCodes;

/// <summary>Versions of services and the error codes that they had, of all replicas together: each adds in one statement to what is there.</summary>
internal sealed class CodeStore(TracingDb db)
{
    /// <summary>A version of a service. Times in milliseconds since the Unix epoch.</summary>
    internal sealed record VersionRow
    {
        public required string MonitorGroup { get; init; }

        public required string Application { get; init; }

        public required string Version { get; init; }

        public long FirstSeen { get; init; }

        public long LastSeen { get; init; }
    }

    /// <summary>A code that a version of a service had in an hour. Times in milliseconds since the Unix epoch.</summary>
    internal sealed record CodeRow
    {
        public required string MonitorGroup { get; init; }

        public required string Application { get; init; }

        public required string Version { get; init; }

        public required string Code { get; init; }

        public long Occurrences { get; init; }

        public long FirstSeen { get; init; }

        public long LastSeen { get; init; }

        public required string TraceId { get; init; }
    }

    /// <summary>Adds to what is there, all or nothing.</summary>
    public Task AddAsync(IReadOnlyList<SeenCodes.SeenVersion> versions, IReadOnlyList<SeenCodes.Occurrences> codes, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            // In one order, so that two replicas wait for each other in turn and not in a circle.
            foreach (var (project, id, version, first, last) in versions.OrderBy(static v => v.Project, StringComparer.Ordinal).ThenBy(static v => v.Id, StringComparer.Ordinal))
            {
                await session.ExecuteAsync(
                    """
                    INSERT INTO service_versions AS v (project, id, monitor_group, application, version, first_seen, last_seen)
                    VALUES (@project, @id, @group, @application, @version, @first, @last)
                    ON CONFLICT (project, id) DO UPDATE SET
                        first_seen = CASE WHEN excluded.first_seen < v.first_seen THEN excluded.first_seen ELSE v.first_seen END,
                        last_seen = CASE WHEN excluded.last_seen > v.last_seen THEN excluded.last_seen ELSE v.last_seen END
                    """,
                    new { project, id, group = version.MonitorGroup, application = version.Application, version = version.Version, first, last });
            }

            foreach (var seen in codes.OrderBy(static c => c.Project, StringComparer.Ordinal).ThenBy(static c => c.Hour).ThenBy(static c => c.Id, StringComparer.Ordinal))
            {
                await session.ExecuteAsync(
                    """
                    INSERT INTO error_codes AS c (project, hour, id, monitor_group, application, version, code, occurrences, first_seen, last_seen, trace_id)
                    VALUES (@Project, @Hour, @Id, @group, @application, @version, @Code, @Count, @First, @Last, @TraceId)
                    ON CONFLICT (project, hour, id) DO UPDATE SET
                        occurrences = c.occurrences + excluded.occurrences,
                        first_seen = CASE WHEN excluded.first_seen < c.first_seen THEN excluded.first_seen ELSE c.first_seen END,
                        last_seen = CASE WHEN excluded.last_seen > c.last_seen THEN excluded.last_seen ELSE c.last_seen END,
                        trace_id = CASE WHEN excluded.last_seen >= c.last_seen THEN excluded.trace_id ELSE c.trace_id END
                    """,
                    new
                    {
                        seen.Project,
                        seen.Hour,
                        seen.Id,
                        group = seen.Version.MonitorGroup,
                        application = seen.Version.Application,
                        version = seen.Version.Version,
                        seen.Code,
                        seen.Count,
                        seen.First,
                        seen.Last,
                        seen.TraceId,
                    });
            }

            return true;
        },
        cancellationToken);

    /// <summary>The versions of all services of a project.</summary>
    public Task<IReadOnlyList<VersionRow>> VersionsAsync(string project, CancellationToken cancellationToken) => db.QueryAsync<VersionRow>(
        """
        SELECT monitor_group AS MonitorGroup, application AS Application, version AS Version, first_seen AS FirstSeen, last_seen AS LastSeen
        FROM service_versions WHERE project = @project
        """,
        new { project },
        cancellationToken);

    /// <summary>The codes that versions had, a row for each version and code, with the trace that had it last.</summary>
    public Task<IReadOnlyList<CodeRow>> CodesAsync(string project, CancellationToken cancellationToken) => db.QueryAsync<CodeRow>(
        """
        SELECT monitor_group AS MonitorGroup, application AS Application, version AS Version, code AS Code, occurrences AS Occurrences,
            first_seen AS FirstSeen, last_seen AS LastSeen, trace_id AS TraceId
        FROM error_codes WHERE project = @project
        """,
        new { project },
        cancellationToken);

    /// <summary>Deletes what was last seen before a time.</summary>
    /// <param name="milliseconds">The time, since the Unix epoch.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task DeleteBeforeAsync(long milliseconds, CancellationToken cancellationToken)
    {
        await db.ExecuteAsync("DELETE FROM error_codes WHERE hour < @hour", new { hour = milliseconds / 3_600_000 }, cancellationToken);
        await db.ExecuteAsync("DELETE FROM service_versions WHERE last_seen < @milliseconds", new { milliseconds }, cancellationToken);
    }
}
