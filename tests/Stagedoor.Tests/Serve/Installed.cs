using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary>An installation in a folder of its own that is started, stopped, damaged in between and started again.</summary>
internal sealed class Installed : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    internal string Data => Path.Combine(_folder.Path, "data");

    internal RunningClock Clock { get; } = new();

    internal Dictionary<string, string?> Settings { get; } = new(ListenerSettings.Off(("Gateway:PasswordIterations", "10000")), StringComparer.OrdinalIgnoreCase);

    internal FirstRun Keys => JsonSerializer.Deserialize<FirstRun>(File.ReadAllText(At("first-run.json")), JsonSerializerOptions.Web)!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Clock.Dispose();
        _folder.Dispose();
    }

    internal string At(string name) => Path.Combine(Data, name);

    internal Task<WebApplication> StartAsync() => StagedoorHost.StartAsync(
        new() { Data = Data, Urls = "http://127.0.0.1:0", Overrides = Settings },
        services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Clock)),
        Cancellation);

    /// <summary>Starts, does something with the running host, and stops.</summary>
    internal async Task RunAsync(Func<WebApplication, Task>? work = null)
    {
        await using var app = await StartAsync();
        if (work is not null)
        {
            await work(app);
        }

        await app.StopAsync(Cancellation);
    }

    /// <summary>The start is refused; answers the one line that says why.</summary>
    internal async Task<string> FailAsync()
    {
        var e = await Assert.ThrowsAsync<StartupException>(async () => await (await StartAsync()).DisposeAsync());
        Assert.DoesNotContain('\n', e.Message);
        return e.Message;
    }

    internal HttpClient Registry(WebApplication app)
    {
        var client = new OutgoingClient { BaseAddress = new(StagedoorHost.Address(app)) };
        client.DefaultRequestHeaders.Authorization = new(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Keys.RegistryUser}:{Keys.RegistryKey}")));
        return client;
    }

    /// <summary>Pushes a blob and answers its digest.</summary>
    internal async Task<string> PushAsync(WebApplication app)
    {
        var bytes = RandomNumberGenerator.GetBytes(100);
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        using var client = Registry(app);
        using var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new("application/octet-stream");
        using var response = await client.PostAsync($"/v2/team/app/blobs/uploads/?digest={digest}", content, Cancellation);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return digest;
    }

    internal async Task<HttpStatusCode> PullAsync(WebApplication app, string digest)
    {
        using var client = Registry(app);
        using var response = await client.GetAsync($"/v2/team/app/blobs/{digest}", Cancellation);
        return response.StatusCode;
    }

    /// <summary>Moves what matches out of the data directory; disposing the result puts it back over what is there.</summary>
    internal IDisposable Away(string pattern)
    {
        var away = Path.Combine(_folder.Path, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(away);
        foreach (var entry in Directory.EnumerateFileSystemEntries(Data, pattern))
        {
            Directory.Move(entry, Path.Combine(away, Path.GetFileName(entry)));
        }

        return new Return(() =>
        {
            foreach (var rest in Directory.EnumerateFileSystemEntries(Data, pattern).ToList())
            {
                if (Directory.Exists(rest))
                {
                    Directory.Delete(rest, recursive: true);
                }
                else
                {
                    File.Delete(rest);
                }
            }

            foreach (var entry in Directory.EnumerateFileSystemEntries(away).ToList())
            {
                Directory.Move(entry, At(Path.GetFileName(entry)));
            }
        });
    }

    private sealed class Return(Action back) : IDisposable
    {
        public void Dispose() => back();
    }
}
