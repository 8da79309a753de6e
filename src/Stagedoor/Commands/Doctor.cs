using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Stagedoor.Gateway;
using Stagedoor.Http;
using Stagedoor.Identity.Secrets;
using Stagedoor.Serve;
using Stagedoor.Storage;

namespace Stagedoor.Commands;

/// <summary>Looks at everything that a start depends on, without starting.</summary>
internal static class Doctor
{
    private static readonly TimeSpan s_certificateWarning = TimeSpan.FromDays(14);

    // Signed requests are refused when clocks differ by more than a quarter of an hour; a date before this build is surely wrong.
    private static readonly DateTimeOffset s_earliestDate = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private const long LowSpaceBytes = 1L << 30;
    private static readonly TimeSpan s_askPatience = TimeSpan.FromSeconds(10);

    /// <summary>One thing that was looked at.</summary>
    /// <param name="Subject">What was looked at.</param>
    /// <param name="Observation">What was seen.</param>
    /// <param name="Advice">What to do; null when all is well.</param>
    /// <param name="IsWarning">A start works all the same.</param>
    internal sealed record Finding(string Subject, string Observation, string? Advice = null, bool IsWarning = false)
    {
        /// <summary>A start would fail.</summary>
        internal bool IsBad => Advice is not null && !IsWarning;
    }

    internal static async IAsyncEnumerable<Finding> ExamineAsync(
        ServeSettings settings, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var configuration = new ConfigurationManager();
        Finding? broken = null;
        try
        {
            ServeConfiguration.Apply(configuration, settings);
        }
        catch (StartupException e)
        {
            broken = new("settings", e.Message, "Correct the setting, then run doctor again.");
        }

        if (broken is not null)
        {
            yield return broken;
            yield break;
        }

        yield return new("settings", settings.Config is null ? "defaults and environment" : settings.Config);
        foreach (var warning in SettingCheck.Warnings(settings))
        {
            yield return new("settings", warning, "Correct it, or take it out.", IsWarning: true);
        }

        yield return Clock(TimeProvider.System);
        if (configuration["Tls:Certificate"] is { Length: > 0 } certificate)
        {
            yield return Certificate(certificate, configuration["Tls:Key"], TimeProvider.System);
        }

        var (data, running, problem) = Look(configuration["Data"]!);
        if (problem is not null)
        {
            yield return problem;
            yield break;
        }

        if (DataDirectory.FindOpenness(configuration["Data"]!) is { } open)
        {
            yield return new("data directory", open, "Shut it, unless somebody else has to see the names.", IsWarning: true);
        }

        if (running is not null)
        {
            // It has the ports and the folder; what it says of itself is more than can be seen from here.
            foreach (var finding in await AskAsync(running, cancellationToken))
            {
                yield return finding;
            }

            yield break;
        }

        foreach (var url in Listeners.Of(configuration))
        {
            yield return Port(url);
        }

        foreach (var endpoint in new ModuleSet(settings.Modules, configuration).Running
            .SelectMany(static m => m.Traits.Listeners).SelectMany(listener => Listeners.Of(listener, configuration)))
        {
            yield return Port(endpoint);
        }

        yield return Space("data directory", data?.Root ?? Path.GetFullPath(configuration["Data"]!), isMade: data is not null);
        if (SharedFolder(configuration) is { } shared)
        {
            yield return Space("blob store", shared, isMade: Directory.Exists(shared));
            if (DataDirectory.FindOpenness(shared) is { } exposed)
            {
                yield return new("blob store", exposed, "Shut it, unless somebody else has to see the names.", IsWarning: true);
            }

            if (!Directory.Exists(shared) && FindObstacle(shared) is { } obstacle)
            {
                yield return new("blob store", obstacle, "Let this user make it, mount what belongs there, or correct Storage:Files:Path.");
                yield break;
            }
        }

        await foreach (var finding in StoresAsync(configuration, settings, data, cancellationToken))
        {
            yield return finding;
        }
    }

    // The folder of blobs that is not in the data directory.
    private static string? SharedFolder(ConfigurationManager configuration) =>
        configuration["Storage:Blobs"] is not "s3" && FilesOptions.Of(configuration) is { IsSet: true } files ? files.In(configuration["Data"]!) : null;

    private static (DataDirectory? Data, RunningProcess? Running, Finding? Problem) Look(string path)
    {
        try
        {
            var data = DataDirectory.Look(path);
            return data is null && FindObstacle(path) is { } obstacle
                ? (null, null, new("data directory", obstacle, "Let this user make it, or name another with --data."))
                : (data, DataDirectory.FindRunning(path), null);
        }
        catch (Exception e) when (e is StartupException or IOException or UnauthorizedAccessException)
        {
            return (null, null, new("data directory", e.Message, "Name another with --data, or correct its owner."));
        }
    }

    // Whether a folder can be made there shows only when one is made; it is gone again at once.
    private static string? FindObstacle(string path)
    {
        var root = Path.GetFullPath(path);
        var above = root;
        while (!Directory.Exists(above) && Path.GetDirectoryName(above) is { } parent)
        {
            above = parent;
        }

        var probe = Path.Combine(above, $".stagedoor-doctor-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(probe);
            Directory.Delete(probe);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{root} cannot be made: {e.Message}";
        }
    }

    private static async Task<IReadOnlyList<Finding>> AskAsync(RunningProcess running, CancellationToken cancellationToken)
    {
        if (running.Url is null)
        {
            return [new("running", "a process has the data directory and does not listen yet", "Ask again in a moment.", IsWarning: true)];
        }

        var answers = new List<Finding>();
        try
        {
#pragma warning disable CA5400, MA0039 // It is asked at its own address whether it is well, and told nothing; its certificate is looked at above.
            using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true, UseProxy = false };
#pragma warning restore CA5400, MA0039
            using var client = new OutgoingClient(handler) { BaseAddress = new(Listeners.Reachable(running.Url)), Timeout = s_askPatience, MaxResponseContentBufferSize = ServerClient.MaxAnswer };
            using var first = await client.GetAsync(new Uri("/version", UriKind.Relative), cancellationToken);
            using var version = JsonDocument.Parse(await first.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellationToken));
            using var response = await client.GetAsync(new Uri("/readyz", UriKind.Relative), cancellationToken);
            using var ready = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
            var what = $"version {version.RootElement.GetProperty("version").GetString()} at {running.Url}, process {running.ProcessId}";
            var problems = Texts(ready.RootElement, "problems");
            answers.Add(problems.Count == 0
                ? new("running", $"{what}, ready")
                : new("running", $"{what}, not ready: {string.Join("; ", problems)}", "Mend what it names; it goes on by itself."));
            answers.AddRange(Texts(ready.RootElement, "warnings").Select(static w => new Finding("running", w, "See the log and docs/install.md.", IsWarning: true)));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException && !cancellationToken.IsCancellationRequested)
        {
            answers.Add(new("running", $"process {running.ProcessId} at {running.Url} does not answer: {e.Message}", "See its log; stop it, and start it again."));
        }

        return answers;
    }

    private static List<string> Texts(JsonElement element, string name) => element.TryGetProperty(name, out var list)
        ? [.. list.EnumerateArray().Select(static t => t.GetString()!)]
        : [];

    // Looks at an installation that does not run. Where there is none yet, only at what it would be made in.
    private static async IAsyncEnumerable<Finding> StoresAsync(
        ConfigurationManager configuration, ServeSettings settings, DataDirectory? data, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isLocal = configuration["Storage:Database"] is not "postgresql";
        var hasFiles = configuration["Storage:Blobs"] is not "s3";
        var collection = new ServiceCollection()
            .AddLogging().AddSingleton(TimeProvider.System).AddSingleton<IConfiguration>(configuration);
        using var folder = data ?? DataDirectory.Imagine(configuration["Data"]!);
        collection.AddSingleton(folder);
        var modules = collection.AddModules(settings.Modules, configuration);
        await using var services = collection.BuildServiceProvider();
        var engine = services.GetRequiredService<IDatabaseEngine>();
        foreach (var database in data is null && isLocal ? [] : modules.Databases)
        {
            yield return await StoreAsync("database", () => DatabaseAsync(engine, database, cancellationToken));
            if (database.Partitions is { } migrations)
            {
                yield return await StoreAsync("partitions", () => PartitionsAsync(engine, database.Name, migrations, cancellationToken));
            }
        }

        if (data is not null || !hasFiles || SharedFolder(configuration) is not null)
        {
            yield return await StoreAsync("blob store", () => BlobsAsync(services.GetRequiredService<IBlobStore>(), isMade: data is not null, cancellationToken));
        }

        var installation = await InstallationAsync(services, cancellationToken);
        yield return installation;
        if (data is not null && !installation.IsBad && await AuditAsync(services, cancellationToken) is { } audit)
        {
            yield return audit;
        }
    }

    private static async Task<Finding> DatabaseAsync(IDatabaseEngine engine, ModuleDatabase database, CancellationToken cancellationToken)
    {
        var name = database.Name;
        await using var db = new Db(engine.Open(name));
        var what = db.Location.Contains(name, StringComparison.Ordinal) ? db.Location : $"{db.Location}, schema {name},";
        if (!await db.ExistsAsync(cancellationToken))
        {
            return new("database", $"{what} can be reached and is not made yet");
        }

        if (await MigrationRunner.FindProblemAsync(db, database.Migrations, cancellationToken) is { } newer)
        {
            return new("database", newer, "Start the newer version, or restore a backup.");
        }

        await db.CheckWritableAsync(cancellationToken);
        return await db.FindDamageAsync(cancellationToken) is { Count: > 0 } damage
            ? new("database", string.Join(" ", damage), Advice(StorageFault.Corrupt), IsWarning: true)
            : new("database", $"{what} can be read and written");
    }

    private static async Task<Finding> PartitionsAsync(IDatabaseEngine engine, string name, Assembly migrations, CancellationToken cancellationToken)
    {
        var report = await PartitionCheck.ExamineAsync(engine, name, migrations, cancellationToken);
        return report.Problems.Count > 0
            ? new("partitions", string.Join(" ", report.Problems), "The others are used; nothing was changed.", IsWarning: true)
            : new("partitions", string.Create(CultureInfo.InvariantCulture, $"{report.Count} of {name}, as they were written"));
    }

    private static async Task<Finding> BlobsAsync(IBlobStore blobs, bool isMade, CancellationToken cancellationToken)
    {
        // The check of a start would make the store.
        if (isMade && await StoreMark.FindAsync(blobs, cancellationToken) is not null)
        {
            await blobs.CheckAsync(cancellationToken);
            return new("blob store", $"{blobs.Location} can be read and written");
        }

        await blobs.FindSizeAsync(new("installation.json"), cancellationToken);
        return new("blob store", $"{blobs.Location} can be read");
    }

    private static async Task<Finding> InstallationAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        try
        {
            await using var installation = ActivatorUtilities.CreateInstance<InstallationCheck>(services);
            var parts = await installation.ExamineAsync(cancellationToken);
            if (parts.FindProblem() is { } problem)
            {
                return new("installation", problem, "Nothing was changed.");
            }

            await KeyRingServices.VerifyAsync(services, parts.Gateway.IsMade, cancellationToken);
            return new("installation", parts.Gateway.IsMade ? "folder, databases and blob store belong together" : "none yet: the first start makes it");
        }
        catch (StorageException e)
        {
            return new("installation", e.Message, Advice(e.Fault));
        }
        catch (MasterKeyException e)
        {
            return new("master key", e.Message, "Put the right key back; nothing was changed.");
        }
    }

    // Null for an installation that was not started by this version yet: its log has no chain to look at.
    private static async Task<Finding?> AuditAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        try
        {
            var check = await GatewayModule.VerifyAuditAsync(services, cancellationToken);
            return check.Problems.Count == 0
                ? new("audit log", $"{check.Records} records, as they were written")
                : new("audit log", string.Join(" ", check.Problems), "Compare with a backup; 'stagedoor admin audit verify' shows it again.", IsWarning: true);
        }
        catch (StorageException)
        {
            return null;
        }
    }

    private static async Task<Finding> StoreAsync(string subject, Func<Task<Finding>> check)
    {
        try
        {
            return await check();
        }
        catch (StorageException e)
        {
            return new(subject, e.Message, Advice(e.Fault));
        }
        catch (Exception e) when (e is StartupException or OptionsValidationException)
        {
            return new(subject, e.Message, "Correct the settings under Storage.");
        }
    }

    internal static string Advice(StorageFault fault) => fault switch
    {
        StorageFault.Full => "Make room on its disk, or raise its quota.",
        StorageFault.InputOutput => "Look at the disk, its file system and its mount: the system's log says what failed (dmesg). Nothing was changed.",
        StorageFault.Corrupt => "Restore it from a backup; nothing was changed.",
        StorageFault.Busy => "Try again; when it stays so, look for the session that holds it (pg_stat_activity, pg_blocking_pids).",
        StorageFault.Unavailable or StorageFault.CannotCreate =>
            "Start it, let this user read and write it (owner, mode, mount options, grants), or correct the settings under Storage.",
        _ => "Let this user read and write it (grants, a server that is not a read-only replica), or correct the settings under Storage.",
    };

    private static Finding Clock(TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        var text = now.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        return now < s_earliestDate
            ? new("clock", text, "Set the clock (NTP): signed requests and tokens depend on it.", IsWarning: true)
            : new("clock", text);
    }

    private static Finding Port(string url)
    {
        var address = BindingAddress.Parse(url);
        try
        {
            var ip = address.Host is "localhost" ? IPAddress.Loopback : IPAddress.TryParse(address.Host, out var parsed) ? parsed : IPAddress.Any;
            using var listener = new TcpListener(ip, address.Port);
            listener.Start();
            return new("port", $"{url} is free");
        }
        catch (SocketException e)
        {
            return new("port", $"{url}: {e.Message}", "Stop the program that uses it (it may be stagedoor itself), or choose another with --urls.");
        }
    }

    private static Finding Port(ModuleEndPoint endpoint)
    {
        try
        {
            using var listener = new TcpListener(endpoint);
            listener.Start();
            return new("port", $"{endpoint.Url} is free ({endpoint.Listener.Title})");
        }
        catch (SocketException e)
        {
            return new(
                "port",
                $"{endpoint.Url}: {e.Message} ({endpoint.Listener.Title})",
                $"Stop the program that uses it, or set {endpoint.Listener.Setting} to another port or to off.",
                IsWarning: true);
        }
    }

    private static Finding Certificate(string certificate, string? key, TimeProvider clock)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPemFile(certificate, key);
            var until = pair.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            return pair.NotAfter.ToUniversalTime() - clock.GetUtcNow().UtcDateTime < s_certificateWarning
                ? new("certificate", $"{pair.Subject} ends on {until}", "Replace the PEM pair; it is read again without a restart.", IsWarning: true)
                : new("certificate", $"{pair.Subject} is good until {until}");
        }
        catch (Exception e) when (ServerCertificate.IsFault(e))
        {
            return new("certificate", e.Message, "Tls:Certificate and Tls:Key must name a readable PEM pair that fits together.");
        }
    }

    private static Finding Space(string subject, string root, bool isMade)
    {
        var at = root;
        while (!Directory.Exists(at) && Path.GetDirectoryName(at) is { } above)
        {
            at = above;
        }

        var free = new DriveInfo(at).AvailableFreeSpace;
        var text = $"{root}, {(isMade ? "" : "not made yet, ")}{free / (1 << 20)} MiB free";
        return free < LowSpaceBytes
            ? new(subject, text, "Make room: uploads fail when the disk is full.", IsWarning: true)
            : new(subject, text);
    }
}
