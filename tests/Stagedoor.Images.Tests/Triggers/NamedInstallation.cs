using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Stagedoor.Identity;
using Stagedoor.Testing;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>An installation whose names lead where a test says, with webhooks that may reach 127.0.0.1. It looks for work once an hour.</summary>
public sealed class NamedInstallation : TriggerInstallation
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static int s_names;

    internal FakeNames Names { get; } = new();

    public DatabaseGate Gate { get; } = new();

    internal ImagesDb Db => App.Services.GetRequiredService<ImagesDb>();

    protected override IEnumerable<(string Key, string Value)> Settings =>
        [("Images:Triggers:AllowedNetworks:0", "127.0.0.1"), ("Images:Jobs:PollSeconds", "3600"), ("Images:Collector:Enabled", "false")];

    protected override void Configure(IServiceCollection services)
    {
        base.Configure(services);
        Gate.Install(services);
        services.Replace(ServiceDescriptor.Singleton<NameLookup>(Names));
    }

    /// <summary>A name that nobody else uses.</summary>
    public static string NewName() => $"named-{Interlocked.Increment(ref s_names)}";

    /// <summary>Makes a webhook and answers its path.</summary>
    public async Task<string> HookAsync(string owner, string url)
    {
        var made = await DoAsync(HttpMethod.Post, $"/v2/manage/namespaces/{owner}/webhooks", JsonSerializer.Serialize(new { url }), 201);
        return $"/v2/manage/namespaces/{owner}/webhooks/{made.GetProperty("id").GetInt64()}";
    }

    public async Task<JsonElement> DoAsync(HttpMethod method, string path, string? body, int status)
    {
        using var response = await SendAsync(method, path, body);
        await ShouldBeAsync(response, status);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Deletes a tag.</summary>
    public async Task UntagAsync(string name, string tag)
    {
        using var deleted = await Registry.DeleteAsync(new Uri($"/v2/{name}/manifests/{tag}", UriKind.Relative), Cancellation);
        await ShouldBeAsync(deleted, 202);
    }

    /// <summary>The deliveries of a webhook, once they satisfy the condition.</summary>
    public async Task<IReadOnlyList<JsonElement>> DeliveriesAsync(string hook, Func<IReadOnlyList<JsonElement>, bool> isSo)
    {
        IReadOnlyList<JsonElement> found = [];
        await Eventually.TrueAsync("the deliveries", s_patience, async () =>
        {
            found = [.. (await GetAsync($"{hook}/deliveries")).EnumerateArray()];
            return isSo(found);
        });
        return found;
    }

    /// <summary>Answers when there is no unfinished job of the kind any more.</summary>
    internal Task IdleAsync(string kind) => Eventually.TrueAsync($"no job of {kind}", s_patience, async () => await UnfinishedAsync(kind) == 0);

    internal Task<long> UnfinishedAsync(string kind) =>
        Db.FindAsync<long>("SELECT COUNT(*) FROM job WHERE kind = @kind AND finished_at IS NULL", new { kind }, Cancellation);
}
