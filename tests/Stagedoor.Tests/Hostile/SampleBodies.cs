using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Testing;

namespace Stagedoor.Tests.Hostile;

/// <summary>A body that each changing operation reads as far as its end, so that what is done to one member of it is seen by the operation.</summary>
internal static class SampleBodies
{
    public const string Service = "0123456789abcdef0123456789abcdef01234567";

    private const string Microservice =
        """{"service":{"appId":"hostile","serviceName":"hostile","version":"1.0.0","description":"d","level":"BACK","status":"UP","environment":"testing","alias":"other","schemas":["a"],"paths":[{"path":"/","property":{"k":"v"}}],"properties":{"k":"v"},"framework":{"name":"f","version":"1"},"registerBy":"SDK"},"rules":[{"ruleType":"WHITE","attribute":"tag_a","pattern":"x.*","description":"d"}],"tags":{"k":"v"},"instances":[{"hostName":"h","endpoints":["rest://127.0.0.1:1"],"status":"UP"}]}""";

    private const string Instance =
        """{"instance":{"instanceId":"hostile","hostName":"h","endpoints":["rest://127.0.0.1:1"],"status":"UP","version":"1.0.0","properties":{"k":"v"},"healthCheck":{"mode":"push","port":80,"interval":30,"times":3,"url":"/"},"dataCenterInfo":{"name":"n","region":"r","availableZone":"z"}}}""";

    private const string Dependencies =
        """{"dependencies":[{"consumer":{"environment":"testing","appId":"hostile","serviceName":"hostile","version":"1.0.0"},"providers":[{"environment":"testing","appId":"hostile","serviceName":"other","version":"1.0.0+"}]}]}""";

    private const string Rules = """{"rules":[{"ruleType":"WHITE","attribute":"tag_a","pattern":"x.*","description":"d"}]}""";

    private const string Metrics =
        """{"time":1760000000000,"appId":"hostile","name":"hostile","version":"1.0.0","environment":"testing","serviceId":"s","instance":"i","instanceId":"i","thread":1,"cpu":0.5,"loadAverage":0.5,"uptime":1000,"memory":{"heap":1,"used":1},"functionCount":1,"instanceCount":1,"customs":{"k":"v"},"interfaces":[{"name":"n","desc":"d","qps":1,"latency":1,"l995":1,"rate":1,"failureRate":0,"total":1,"failure":0,"isCircuitBreakerOpen":false}]}""";

    private const string User =
        """{"user":{"name":"hostile","domain_id":"d","password":"Hostile-1","enabled":true,"description":"d","email":"a@b.c","phone":"1","areacode":"00","access_mode":"default","pwd_status":false}}""";

    private const string Account = """{"name":"hostile","password":"Hostile-1","roles":["developer"],"status":"active"}""";

    private const string Role = """{"name":"hostile","perms":[{"resources":[{"type":"service","labels":{"appId":"a"}}],"verbs":["get"]}]}""";

    // The longest end of a template that fits says what the operation reads.
    private static readonly (string Method, string End, string Body)[] s_bodies =
    [
        ("POST", "/v3/auth/tokens", """{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"nobody","password":"Hostile-1","domain":{"name":"nowhere"}}},"token":{"id":"t"}},"scope":{"project":{"id":"p","name":"n","domain":{"id":"d"}},"domain":{"id":"d"}}}}"""),
        ("POST", "/v3/projects", """{"project":{"name":"cn-local-1_hostile","parent_id":"p","domain_id":"d","description":"d"}}"""),
        ("PATCH", "/v3/projects/{id}", """{"project":{"name":"cn-local-1_hostile","description":"d"}}"""),
        ("PUT", "/v3-ext/projects/{id}", """{"project":{"status":"normal"}}"""),
        ("POST", "/v3/users", User),
        ("POST", "/v3.0/OS-USER/users", User),
        ("PATCH", "/v3/users/{id}", User),
        ("POST", "/v3/users/{id}/password", """{"user":{"password":"Hostile-2","original_password":"Hostile-1"}}"""),
        ("POST", "/v3.0/OS-CREDENTIAL/credentials", """{"credential":{"user_id":"u","description":"d"}}"""),
        ("PUT", "/v3.0/OS-CREDENTIAL/credentials/{access}", """{"credential":{"status":"active","description":"d"}}"""),
        ("POST", "/v2/manage/namespaces", """{"namespace":"hostile"}"""),
        ("POST", "/namespaces/{namespace}/access", """[{"user_id":"u","user_name":"hostile","auth":1}]"""),
        ("PATCH", "/namespaces/{namespace}/access", """[{"user_id":"u","user_name":"hostile","auth":1}]"""),
        ("DELETE", "/namespaces/{namespace}/access", """["u"]"""),
        ("POST", "/microservices", Microservice),
        ("DELETE", "/microservices", $$"""{"force":true,"serviceIds":["{{Service}}"]}"""),
        ("PUT", "/microservices/{serviceId}/properties", """{"properties":{"k":"v"}}"""),
        ("POST", "/microservices/{serviceId}/instances", Instance),
        ("PUT", "/microservices/{serviceId}/instances/{instanceId}/properties", """{"properties":{"k":"v"}}"""),
        ("POST", "/microservices/{serviceId}/schemas", """{"schemas":[{"schemaId":"a","summary":"s","schema":"x"}]}"""),
        ("PUT", "/microservices/{serviceId}/schemas/{schemaId}", """{"summary":"s","schema":"x"}"""),
        ("POST", "/microservices/{serviceId}/tags", """{"tags":{"k":"v"}}"""),
        ("POST", "/microservices/{serviceId}/rules", Rules),
        ("PUT", "/microservices/{serviceId}/rules/{ruleId}", """{"ruleType":"WHITE","attribute":"tag_a","pattern":"x.*","description":"d"}"""),
        ("POST", "/dependencies", Dependencies),
        ("PUT", "/dependencies", Dependencies),
        ("PUT", "/heartbeats", $$"""{"Instances":[{"serviceId":"{{Service}}","instanceId":"i"}]}"""),
        ("POST", "/instances/action", $$"""{"services":[{"service":{"environment":"testing","appId":"hostile","serviceName":"hostile","version":"latest"},"rev":"1"}],"instances":[{"instance":{"serviceId":"{{Service}}","instanceId":"i"},"rev":"1"}]}"""),
        ("PUT", "/instances/status", """{"match":{"properties":{"k":"v"},"tags":{"k":"v"}},"status":"UP"}"""),
        ("POST", "/csemonitor/metric", Metrics),
        ("POST", "/csemonitor/v1/metric", Metrics),
        ("POST", "/token", """{"name":"nobody","password":"Hostile-1","tokenExpirationTime":"30m"}"""),
        ("POST", "/accounts", Account),
        ("PUT", "/accounts/{name}", Account),
        ("POST", "/accounts/batch-create", $$"""{"accounts":[{{Account}}]}"""),
        ("POST", "/accounts/{name}/password", """{"currentPassword":"Hostile-1","password":"Hostile-2"}"""),
        ("POST", "/roles", Role),
        ("PUT", "/roles/{name}", Role),
    ];

    // What the documents show is what the operation reads.
    private static readonly Lazy<Dictionary<string, string>> s_examples = new(static () =>
    {
        var examples = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Checkout.Root, "docs/examples"), "*.json"))
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var operation in json.RootElement.EnumerateObject())
            {
                if (operation.Value.TryGetProperty("request", out var request))
                {
                    examples[operation.Name] = request.GetRawText();
                }
            }
        }

        return examples;
    });

    public static string Of(Door door) => Find(door) ?? """{"name":"hostile","items":[{"k":1}]}""";

    /// <summary>Whether the operation reads its body; most that delete something do not.</summary>
    public static bool AreRead(Door door) => Find(door) is not null
        || (door.Method is not "DELETE" && !Array.Exists(s_bodiless, end => door.Template.EndsWith(end, StringComparison.Ordinal)));

    // They take none, and do not look at one.
    private static readonly string[] s_bodiless = ["/gc", "/utils/secret", "/utils/authorizationtoken", "/hub/lists/{list}"];

    private static string? Find(Door door) =>
        s_bodies.Where(b => string.Equals(b.Method, door.Method, StringComparison.Ordinal) && door.Template.EndsWith(b.End, StringComparison.Ordinal))
            .OrderByDescending(static b => b.End.Length).Select(static b => b.Body).FirstOrDefault()
        ?? (door.Endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName is { } name ? s_examples.Value.GetValueOrDefault(name) : null);
}
