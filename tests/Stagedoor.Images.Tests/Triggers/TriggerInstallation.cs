using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>An installation that has somebody who manages workloads, and the calls that tests of triggers make.</summary>
public class TriggerInstallation : Installation
{
    internal FakeWorkloads Workloads { get; } = new();

    protected override void Configure(IServiceCollection services) => services.AddSingleton<IWorkloads>(Workloads);

    public static string PathOf(string repository, string trigger = "") =>
        $"/v2/manage/namespaces/team/repos/{repository}/triggers{(trigger.Length == 0 ? "" : "/")}{trigger}";

    /// <summary>What creates a trigger for a container, with some members replaced or, when they are null, left out.</summary>
    public static string Body(string name, params (string Member, object? Value)[] others)
    {
        var members = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["action"] = "update",
            ["app_type"] = "deployments",
            ["application"] = "shop",
            ["cluster_id"] = FakeWorkloads.Cluster,
            ["cluster_name"] = "production",
            ["cluster_ns"] = "default",
            ["condition"] = ".*",
            ["container"] = "web",
            ["enable"] = "true",
            ["name"] = name,
            ["trigger_type"] = "all",
        };
        foreach (var (member, value) in others)
        {
            members[member] = value;
            if (value is null)
            {
                members.Remove(member);
            }
        }

        return JsonSerializer.Serialize(members);
    }

    public async Task CreateRepositoryAsync(string repository)
    {
        using var made = await SendAsync(HttpMethod.Post, "/v2/manage/namespaces/team/repos", $$"""{"repository":"{{repository}}","is_public":false}""");
        await ShouldBeAsync(made, 201);
    }

    public async Task CreateAsync(string repository, string body)
    {
        using var made = await SendAsync(HttpMethod.Post, PathOf(repository), body);
        await ShouldBeAsync(made, 201);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return await (client ?? App.Admin).SendAsync(request, Cancellation);
    }

    /// <summary>The JSON of an answer with this status.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        using var response = await SendAsync(HttpMethod.Get, path);
        await ShouldBeAsync(response, 200);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement;
    }
}
