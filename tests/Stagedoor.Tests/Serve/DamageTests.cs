using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary>Each stored file damaged, cut, emptied and replaced: the start is refused, or /readyz shows it.</summary>
public sealed class DamageTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Databases
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var file in (string[])["gateway.db", "images.db", "discovery.db"])
            {
                foreach (var damage in (string[])["pages", "cut", "emptied", "garbage", "head"])
                {
                    all.Add(file, damage);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task A_damaged_database_is_refused_or_shown(string file, string damage)
    {
        using var installed = new Installed();
        await installed.RunAsync(installed.PushAsync);

        await DamageAsync(installed.At(file), damage);

        await ShouldShowAsync(installed, file);
    }

    [Theory]
    [InlineData("gateway.db", "middle")]
    [InlineData("images.db", "middle")]
    [InlineData("discovery.db", "middle")]
    [InlineData("images.db", "head")]
    public async Task A_log_that_was_not_applied_whole_is_shown(string file, string damage)
    {
        using var installed = new Installed();
        using var crashed = new Installed();
        await installed.RunAsync(async app =>
        {
            await WriteEverywhereAsync(installed, app);
            CopyAll(installed.Data, crashed.Data);
        });
        var log = crashed.At(file + "-wal");
        var bytes = await File.ReadAllBytesAsync(log, Cancellation);
        var at = damage is "head" ? 20 : bytes.Length / 3;
        bytes[at] ^= 0xff;
        await File.WriteAllBytesAsync(log, bytes, Cancellation);

        await ShouldShowAsync(crashed, file);
    }

    [Fact]
    public async Task A_log_that_a_crash_has_left_is_applied_without_a_word()
    {
        using var installed = new Installed();
        using var crashed = new Installed();
        var digest = "";
        await installed.RunAsync(async app =>
        {
            digest = await WriteEverywhereAsync(installed, app);
            CopyAll(installed.Data, crashed.Data);
        });

        // The transaction that was being written: frames, and no commit.
        await using (var log = new FileStream(crashed.At("images.db-wal"), FileMode.Append))
        {
            await log.WriteAsync(RandomNumberGenerator.GetBytes(3000), Cancellation);
        }

        await crashed.RunAsync(async app =>
        {
            Assert.Equal(System.Net.HttpStatusCode.OK, await crashed.PullAsync(app, digest));
            using var client = new OutgoingClient { BaseAddress = new(StagedoorHost.Address(app)) };
            Assert.DoesNotContain("warnings", await client.GetStringAsync("/readyz", Cancellation), StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("stagedoor.json", "emptied")]
    [InlineData("stagedoor.json", "garbage")]
    [InlineData("stagedoor.json", "removed")]
    [InlineData("master.key", "emptied")]
    [InlineData("master.key", "garbage")]
    [InlineData("master.key", "removed")]
    [InlineData("blobs/installation.json", "emptied")]
    [InlineData("blobs/installation.json", "garbage")]
    [InlineData("blobs/installation.json", "removed")]
    public async Task A_damaged_small_file_is_refused(string file, string damage)
    {
        using var installed = new Installed();
        await installed.RunAsync();
        if (damage is "removed")
        {
            File.Delete(installed.At(file));
        }
        else
        {
            await DamageAsync(installed.At(file), damage);
        }

        Assert.Contains(file is "stagedoor.json" && damage is "removed" ? "was not made by stagedoor" : file.Split('/')[0], await installed.FailAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("emptied")]
    [InlineData("garbage")]
    public async Task Keys_that_cannot_be_read_any_more_stop_nothing(string damage)
    {
        using var installed = new Installed();
        await installed.RunAsync();
        await DamageAsync(installed.At("first-run.json"), damage);

        await installed.RunAsync();
    }

    private static async Task<string> WriteEverywhereAsync(Installed installed, WebApplication app)
    {
        var digest = "";
        using var client = new OutgoingClient { BaseAddress = new(StagedoorHost.Address(app)) };
        for (var i = 0; i < 6; i++)
        {
            digest = await installed.PushAsync(app);
            using var registered = await client.PostAsync(
                "/v4/default/registry/microservices",
                new StringContent($$$"""{"service":{"serviceName":"s{{{i}}}","appId":"a","version":"1.0.0"}}""", System.Text.Encoding.UTF8, "application/json"),
                Cancellation);
            registered.EnsureSuccessStatusCode();
        }

        return digest;
    }

    private static async Task DamageAsync(string path, string damage)
    {
        var bytes = await File.ReadAllBytesAsync(path, Cancellation);
        switch (damage)
        {
            case "pages":
                // The roots of most tables.
                bytes.AsSpan(4096, bytes.Length - 4096).Fill(0xff);
                break;
            case "cut":
                bytes = bytes[..(bytes.Length / 2 / 4096 * 4096)];
                break;
            case "emptied":
                bytes = [];
                break;
            case "head":
                bytes.AsSpan(0, 100).Clear();
                break;
            default:
                bytes = RandomNumberGenerator.GetBytes(8192);
                break;
        }

        await File.WriteAllBytesAsync(path, bytes, Cancellation);
    }

    private static async Task ShouldShowAsync(Installed installed, string file)
    {
        WebApplication app;
        try
        {
            app = await installed.StartAsync();
        }
        catch (StartupException e)
        {
            Assert.Contains(file, e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', e.Message);
            return;
        }

        await using (app)
        {
            using var client = new OutgoingClient { BaseAddress = new(StagedoorHost.Address(app)) };
            await Eventually.TrueAsync($"/readyz shows the damage of {file}", s_patience, async () =>
            {
                using var response = await client.GetAsync("/readyz", Cancellation);
                using var ready = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
                return ready.RootElement.TryGetProperty("warnings", out var warnings)
                    && warnings.EnumerateArray().Any(w => w.GetString()!.Contains(file, StringComparison.Ordinal));
            });
            await app.StopAsync(Cancellation);
        }
    }

    private static void CopyAll(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith("lock", StringComparison.Ordinal) && !f.EndsWith("-shm", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }
}
