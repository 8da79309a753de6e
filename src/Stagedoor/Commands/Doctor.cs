using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;
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

    /// <summary>One thing that was looked at.</summary>
    /// <param name="Subject">What was looked at.</param>
    /// <param name="Observation">What was seen.</param>
    /// <param name="Advice">What to do; null when all is well.</param>
    internal sealed record Finding(string Subject, string Observation, string? Advice = null);

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
        yield return Clock(TimeProvider.System);
        foreach (var url in configuration["Urls"]!.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            yield return Port(url);
        }

        if (configuration["Tls:Certificate"] is { } certificate)
        {
            yield return Certificate(certificate, configuration["Tls:Key"], TimeProvider.System);
        }

        var (data, problem) = Open(configuration["Data"]!);
        yield return problem ?? Space(data!.Root);
        if (data is null)
        {
            yield break;
        }

        using var held = data;
        await using var services = new ServiceCollection()
            .AddLogging().AddSingleton(TimeProvider.System).AddSingleton<IConfiguration>(configuration).AddSingleton(data)
            .AddStorage(configuration).BuildServiceProvider();
        yield return await StoreAsync("database", async () =>
        {
            await using var db = new Db(services.GetRequiredService<IDatabaseEngine>().Open("gateway"));
            await db.CheckAsync(cancellationToken);
            await db.CheckWritableAsync(cancellationToken);
            return db.Location;
        });
        yield return await StoreAsync("blob store", async () =>
        {
            var blobs = services.GetRequiredService<IBlobStore>();
            await blobs.CheckAsync(cancellationToken);
            return blobs.Location;
        });
    }

    private static (DataDirectory? Data, Finding? Problem) Open(string path)
    {
        try
        {
            return (DataDirectory.Open(path), null);
        }
        catch (StartupException e)
        {
            return (null, new("data directory", e.Message, "When it is in use by a running stagedoor, look at that one's /readyz instead."));
        }
    }

    private static async Task<Finding> StoreAsync(string subject, Func<Task<string>> check)
    {
        try
        {
            return new(subject, $"{await check()} can be read and written");
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

    private static string Advice(StorageFault fault) => fault switch
    {
        StorageFault.Full => "Make room on its disk, or raise its quota.",
        StorageFault.Corrupt => "Restore it from a backup; nothing was changed.",
        StorageFault.Unavailable or StorageFault.CannotCreate =>
            "Start it, let this user read and write it (owner, mode, mount options, grants), or correct the settings under Storage.",
        _ => "Let this user read and write it (grants, a server that is not a read-only replica), or correct the settings under Storage.",
    };

    private static Finding Clock(TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        var text = now.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        return now < s_earliestDate
            ? new("clock", text, "Set the clock (NTP): signed requests and tokens depend on it.")
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

    private static Finding Certificate(string certificate, string? key, TimeProvider clock)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPemFile(certificate, key);
            var until = pair.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            return pair.NotAfter.ToUniversalTime() - clock.GetUtcNow().UtcDateTime < s_certificateWarning
                ? new("certificate", $"{pair.Subject} ends on {until}", "Replace the PEM pair; it is read again without a restart.")
                : new("certificate", $"{pair.Subject} is good until {until}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return new("certificate", e.Message, "Tls:Certificate and Tls:Key must name a readable PEM pair that fits together.");
        }
    }

    private static Finding Space(string root)
    {
        var free = new DriveInfo(root).AvailableFreeSpace;
        var text = $"{root}, {free / (1 << 20)} MiB free";
        return free < LowSpaceBytes ? new("data directory", text, "Make room: uploads fail when the disk is full.") : new("data directory", text);
    }
}
