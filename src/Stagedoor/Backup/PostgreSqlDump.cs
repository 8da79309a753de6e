using System.ComponentModel;
using System.Data.Common;
using System.Diagnostics;
using Stagedoor.Http;
using Stagedoor.Storage.PostgreSql;

namespace Stagedoor.Backup;

/// <summary>
/// The schemas of a server as they were at one moment: read in a transaction whose snapshot <c>pg_dump</c> is told to read too. Without its program
/// only what the rows name is taken, and the operator is told how to take the rows.
/// </summary>
/// <param name="connectionString">Where they are.</param>
/// <param name="dumps">Whether the rows are taken.</param>
internal sealed class PostgreSqlDump(string connectionString, bool dumps) : IDatabaseSnapshot
{
    private PostgreSqlSnapshot? _snapshot;
    private IReadOnlyList<string> _schemas = [];

    public string Engine => "postgresql";

    /// <summary>How the database is dumped by hand: the same command, without the snapshot.</summary>
    internal string Command => $"pg_dump {string.Join(' ', Arguments(null).Select(static a => a.Contains('$', StringComparison.Ordinal) ? $"'{a}'" : a))} --file={IDatabaseRestore.DumpName}";

    public async Task<IReadOnlyList<TakenDatabase>> TakeAsync(IReadOnlyList<ModuleDatabase> databases, string folder, CancellationToken cancellationToken)
    {
        _snapshot = await PostgreSqlSnapshot.BeginAsync(connectionString, cancellationToken);
        var schemas = await _snapshot.ListSchemasAsync(cancellationToken);
        var taken = databases.Where(d => schemas.Contains(d.Name, StringComparer.Ordinal)).SelectMany(
            d => schemas.Where(s => d.Partitions is not null && s.StartsWith($"{d.Name}$", StringComparison.Ordinal))
                .Select(s => new TakenDatabase(d, s[(d.Name.Length + 1)..])).Prepend(new(d, null))).ToList();
        _schemas = [.. taken.Select(static t => t.Partition is null ? t.Database.Name : $"{t.Database.Name}${t.Partition}")];
        return taken;
    }

    public Task<T> ReadAsync<T>(string module, Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) =>
        _snapshot!.ReadAsync(module, work, cancellationToken);

    public async Task<IReadOnlyList<string>> WriteAsync(string folder, CancellationToken cancellationToken)
    {
        if (!dumps)
        {
            return [];
        }

        string[] arguments = [.. Arguments(_snapshot!.Id), $"--file={Path.Combine(folder, IDatabaseRestore.DumpName)}"];
        await RunAsync("pg_dump", arguments, connectionString, $"Install PostgreSQL's client programs, or take the rows by hand first ({Command}) and then the rest with --without-database.", cancellationToken);
        return [IDatabaseRestore.DumpName];
    }

    public async ValueTask DisposeAsync()
    {
        if (_snapshot is not null)
        {
            await _snapshot.DisposeAsync();
        }
    }

    /// <summary>Runs one of PostgreSQL's programs to its end.</summary>
    /// <exception cref="StartupException">It is not there, or failed; the message has its own words.</exception>
    internal static async Task RunAsync(
        string program, IEnumerable<string> arguments, string connectionString, string otherwise, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true };
        foreach (var (name, value) in PostgreSqlPrograms.EnvironmentOf(connectionString))
        {
            start.Environment[name] = value;
        }

        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new StartupException($"There is no program {program}. {otherwise}", e);
        }

        try
        {
            var said = await process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                throw new StartupException($"{program} failed: {said.Trim().ReplaceLineEndings("; ")}");
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    private IEnumerable<string> Arguments(string? snapshot) =>
    [
        "--format=custom", "--no-owner", "--no-privileges", .. snapshot is null ? Enumerable.Empty<string>() : [$"--snapshot={snapshot}"],
        .. _schemas.Select(static s => s.Contains('$', StringComparison.Ordinal) ? $"--schema=\"{s}\"" : $"--schema={s}"),
    ];
}
