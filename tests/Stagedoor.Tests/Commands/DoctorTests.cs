using System.Net;
using System.Net.Sockets;
using Stagedoor.Commands;
using Stagedoor.Serve;
using Stagedoor.Storage;
using Stagedoor.Testing;
using Stagedoor.Tests.Serve;
using Xunit;

namespace Stagedoor.Tests.Commands;

/// <summary>For every setting and every state, <c>doctor</c> and <c>serve</c> agree.</summary>
public sealed class DoctorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(true, "Images:MaxOrganizationsPerAccount", "3")]
    [InlineData(false, "Images:MaxOrganizationsPerAccount", "-3")]
    [InlineData(false, "Images:MaxOrganizationsPerAccount", "many")]
    [InlineData(false, "Images:MaxOrganizations", "3")]
    [InlineData(true, "Modules", "images")]
    [InlineData(false, "Modules", "zzz")]
    [InlineData(false, "Urls", "https://127.0.0.1:0")]
    [InlineData(false, "Urls", "127.0.0.1:1")]
    [InlineData(false, "Urls", "8080")]
    [InlineData(false, "Urls", "")]
    [InlineData(true, "Urls", "http://127.0.0.1:0;http://127.0.0.1:0")]
    [InlineData(true, "Urls", "http://*:0")]
    [InlineData(false, "Tls:Certificate", "nowhere.pem")]
    [InlineData(false, "Storage:Database", "oracle")]
    [InlineData(false, "Storage:Database", "postgresql")]
    [InlineData(false, "Storage:Blobs", "s3")]
    [InlineData(false, "Gateway:MasterKey", "short")]
    [InlineData(false, "Logging:LogLevel:Default", "Loud")]
    [InlineData(false, "Server:MaxConnections", "-1")]
    public async Task A_setting_is_good_for_both_or_for_none(bool isGood, params string[] setting)
    {
        using var installed = new Installed();
        if (setting.Length > 0)
        {
            installed.Settings[setting[0]] = setting[1];
        }

        await ShouldAgreeAsync(installed, isGood, Path.Combine(_folder.Path, "data"));
    }

    [Theory]
    [InlineData(true, 3_000)]
    [InlineData(true, 10)]
    [InlineData(true, -1)]
    public async Task A_certificate_that_ends_is_a_warning(bool isGood, int days)
    {
        using var installed = new Installed();
        var (certificate, key) = Certificate(days);
        installed.Settings["Tls:Certificate"] = certificate;
        installed.Settings["Tls:Key"] = key;
        installed.Settings["Urls"] = "https://127.0.0.1:0";

        var findings = await ShouldAgreeAsync(installed, isGood, installed.Data);

        Assert.Equal(days < 14, findings.Single(f => f.Subject is "certificate").IsWarning);
    }

    [Theory]
    [InlineData("unreadable")]
    [InlineData("other key")]
    public async Task A_certificate_that_cannot_be_used_is_bad_for_both(string what)
    {
        using var installed = new Installed();
        var (certificate, _) = Certificate(100);
        var (_, other) = Certificate(100);
        if (what is "unreadable")
        {
            await File.WriteAllTextAsync(certificate, "nothing", Cancellation);
        }

        installed.Settings["Tls:Certificate"] = certificate;
        installed.Settings["Tls:Key"] = other;
        installed.Settings["Urls"] = "https://127.0.0.1:0";

        await ShouldAgreeAsync(installed, isGood: false, installed.Data);
    }

    [Theory]
    [InlineData(StorageFault.Full, "Make room")]
    [InlineData(StorageFault.InputOutput, "Look at the disk")]
    [InlineData(StorageFault.Corrupt, "Restore it")]
    [InlineData(StorageFault.Unavailable, "Start it")]
    public void The_advice_fits_the_fault(StorageFault fault, string advice) => Assert.StartsWith(advice, Doctor.Advice(fault), StringComparison.Ordinal);

    [Fact]
    public async Task A_busy_port_is_bad_for_both()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        using var installed = new Installed();
        installed.Settings["Urls"] = $"http://{other.LocalEndpoint}";

        await ShouldAgreeAsync(installed, isGood: false, installed.Data);
    }

    [Theory]
    [InlineData("gateway.db*")]
    [InlineData("images.db*")]
    [InlineData("discovery.db*")]
    [InlineData("blobs")]
    [InlineData("master.key")]
    [InlineData("stagedoor.json")]
    public async Task A_lost_part_is_bad_for_both(string pattern)
    {
        using var installed = new Installed();
        await installed.RunAsync(installed.PushAsync);
        using var away = installed.Away(pattern);

        await ShouldAgreeAsync(installed, isGood: false, installed.Data);
    }

    [Theory]
    [InlineData("UPDATE schema_migration SET version = 9999")]
    [InlineData("UPDATE installation SET id = 'other'")]
    public async Task A_database_of_another_program_or_installation_is_bad_for_both(string sql)
    {
        using var installed = new Installed();
        await installed.RunAsync();
        foreach (var name in (string[])["gateway.db", "images.db", "discovery.db"])
        {
            using var copy = new Installed();
            await copy.RunAsync();
            new Sabotage(copy.At(name)).Execute(sql.Contains("9999", StringComparison.Ordinal) ? "INSERT INTO schema_migration VALUES (9999, 'x', 0)" : sql);
            await ShouldAgreeAsync(copy, isGood: false, copy.Data);
        }
    }

    [Fact]
    public async Task A_whole_installation_is_good_for_both_and_left_as_it_is()
    {
        using var installed = new Installed();
        await installed.RunAsync(installed.PushAsync);

        await ShouldAgreeAsync(installed, isGood: true, installed.Data);
    }

    [Fact]
    public async Task An_audit_log_that_was_changed_is_a_warning()
    {
        using var installed = new Installed();
        await installed.RunAsync(installed.PushAsync);
        var before = Assert.Single(await ExamineAsync(installed, installed.Data), static f => f.Subject is "audit log");
        new Sabotage(installed.At("gateway.db")).Execute("UPDATE audit_record SET user_name = 'somebody'");

        var findings = await ShouldAgreeAsync(installed, isGood: true, installed.Data);

        Assert.Null(before.Advice);
        Assert.True(Assert.Single(findings, static f => f.Subject is "audit log").IsWarning);
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task A_server_that_runs_is_well_also_when_it_takes_nothing_but_https(string requireHttps)
    {
        using var installed = new Installed();
        installed.Settings["Gateway:RequireHttps"] = requireHttps;

        await installed.RunAsync(async _ =>
        {
            var running = Assert.Single(await ExamineAsync(installed, installed.Data), static f => f.Subject is "running");
            Assert.False(running.IsBad, running.ToString());
        });
    }

    [Theory]
    [InlineData("/proc/stagedoor")]
    [InlineData("a file")]
    [InlineData("somebody else's")]
    public async Task A_folder_that_cannot_be_ours_is_bad_for_both(string what)
    {
        using var installed = new Installed();
        var path = what.StartsWith('/') ? what : Path.Combine(_folder.Path, "data");
        if (what is "a file")
        {
            await File.WriteAllTextAsync(path, "", Cancellation);
        }
        else if (what is "somebody else's")
        {
            Directory.CreateDirectory(path);
            await File.WriteAllTextAsync(Path.Combine(path, "thesis.txt"), "precious", Cancellation);
        }

        await ShouldAgreeAsync(installed, isGood: false, path);
    }

    [Fact]
    public async Task A_database_server_that_is_not_there_is_bad_for_both()
    {
        using var installed = new Installed();
        installed.Settings["Storage:Database"] = "postgresql";
        installed.Settings["Storage:PostgreSql"] = "Host=127.0.0.1;Port=1;Username=u;Password=p;Database=d;Timeout=2";

        await ShouldAgreeAsync(installed, isGood: false, installed.Data);
    }

    [Fact]
    public async Task Nothing_is_made_in_a_database_server_either()
    {
        await using var database = await OwnDatabase.CreateAsync();
        using var installed = new Installed();
        installed.Settings["Storage:Database"] = "postgresql";
        installed.Settings["Storage:PostgreSql"] = database.ConnectionString;

        Assert.DoesNotContain(await ExamineAsync(installed, installed.Data), f => f.IsBad);

        Assert.Empty(await InstallationTests.SchemasAsync(database.ConnectionString));
        await ShouldAgreeAsync(installed, isGood: true, installed.Data);
    }

    [Fact]
    public async Task A_verb_makes_nothing_in_an_empty_database_server_and_works_on_an_installation_there_from_a_new_folder()
    {
        await using var database = await OwnDatabase.CreateAsync();
        using var installed = new Installed();
        foreach (var (key, value) in database.Settings)
        {
            installed.Settings[key] = value;
        }

        installed.Settings["Storage:Files:Path"] = Path.Combine(_folder.Path, "blobs");
        var settings = new ServeSettings { Data = Path.Combine(_folder.Path, "another"), Overrides = Overrides(installed) };
        var refused = await Assert.ThrowsAsync<StartupException>(() => StagedoorHost.WithServicesAsync(settings, static _ => Task.CompletedTask, Cancellation));
        Assert.Contains("There is no installation in", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await InstallationTests.SchemasAsync(database.ConnectionString));
        Assert.False(Directory.Exists(settings.Data));

        await installed.RunAsync();
        var hasRun = false;
        await StagedoorHost.WithServicesAsync(
            settings,
            _ =>
            {
                hasRun = true;
                return Task.CompletedTask;
            },
            Cancellation);
        Assert.True(hasRun);
    }

    private static async Task<List<Doctor.Finding>> ShouldAgreeAsync(Installed installed, bool isGood, string data)
    {
        var settings = new ServeSettings { Data = data, Overrides = Overrides(installed) };
        var before = Entries(data);

        var findings = await ExamineAsync(installed, data);

        Assert.Equal(before, Entries(data));
        var told = string.Join('\n', findings);
        string? refusal = null;
        try
        {
            await using var app = await StagedoorHost.StartAsync(settings, static _ => { }, Cancellation);
            await app.StopAsync(Cancellation);
        }
        catch (StartupException e)
        {
            refusal = e.Message;
        }

        Assert.True(isGood == (refusal is null), $"serve: {refusal}");
        Assert.True(isGood == findings.TrueForAll(f => !f.IsBad), $"serve: {refusal}\ndoctor: {told}");
        return findings;
    }

    private static Task<List<Doctor.Finding>> ExamineAsync(Installed installed, string data) =>
        Doctor.ExamineAsync(new() { Data = data, Overrides = Overrides(installed) }, Cancellation).ToListAsync(Cancellation).AsTask();

    private static Dictionary<string, string?> Overrides(Installed installed)
    {
        var overrides = new Dictionary<string, string?>(installed.Settings, StringComparer.OrdinalIgnoreCase);
        overrides.TryAdd("Urls", "http://127.0.0.1:0");
        return overrides;
    }

    private static List<string> Entries(string data) => Directory.Exists(data)
        ? [.. Directory.EnumerateFileSystemEntries(data, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)]
        : [];

    private (string Certificate, string Key) Certificate(int days) => SelfSigned.Write(_folder.Path, days);
}
