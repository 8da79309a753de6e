using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Stagedoor.Addons.Tests.Drivers.Kubernetes;

/// <summary>
/// Speaks the wire of an API server over HTTPS with an authority of its own: discovery, objects, apply on the server's side with owners of fields, dry runs, definitions, selectors.
/// Its controllers make deployments ready and jobs complete at once, unless they are told to wait.
/// </summary>
internal sealed class ApiServer : IAsyncDisposable
{
    public const string Token = "api-server-token";

    private static readonly string[] s_core = ["ConfigMap configmaps", "Secret secrets", "Service services", "Pod pods", "Namespace namespaces -", "PersistentVolumeClaim persistentvolumeclaims", "ServiceAccount serviceaccounts"];

    private readonly Dictionary<string, List<(string Kind, string Plural, bool IsNamespaced)>> _kinds = new(StringComparer.Ordinal)
    {
        ["v1"] = [.. s_core.Select(Kind)],
        ["apps/v1"] = [Kind("Deployment deployments"), Kind("StatefulSet statefulsets")],
        ["batch/v1"] = [Kind("Job jobs")],
        ["autoscaling/v2"] = [Kind("HorizontalPodAutoscaler horizontalpodautoscalers")],
        ["rbac.authorization.k8s.io/v1"] = [Kind("ClusterRole clusterroles -")],
        ["apiextensions.k8s.io/v1"] = [Kind("CustomResourceDefinition customresourcedefinitions -")],
    };

    private readonly WebApplication _app;
    private readonly X509Certificate2 _authority;
    private readonly Lock _gate = new();
    private long _version;

    private ApiServer(WebApplication app, X509Certificate2 authority) => (_app, _authority) = (app, authority);

    /// <summary>The objects, by their paths.</summary>
    public ConcurrentDictionary<string, JsonObject> Objects { get; } = new(StringComparer.Ordinal);

    /// <summary>What was asked: method, path and query.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Looks at each request first; whoever answers it itself says true.</summary>
    public Func<HttpContext, Task<bool>>? Fault { get; set; }

    /// <summary>Says of which requests the answer is lost, after they have had their effect.</summary>
    public Func<HttpContext, Task<bool>>? Loses { get; set; }

    /// <summary>Who is let in; null for whoever has the token.</summary>
    public Func<HttpContext, bool>? Admits { get; set; }

    /// <summary>The paths of the objects that were made, in their order.</summary>
    public ConcurrentQueue<string> Created { get; } = new();

    /// <summary>How many pages of lists are answered before one says that the list is too old; 0 for never.</summary>
    public int PagesBeforeExpiry { get; set; }

    /// <summary>Whether controllers do nothing.</summary>
    public bool IsIdle { get; set; }

    /// <summary>The names of jobs that fail.</summary>
    public HashSet<string> FailingJobs { get; } = new(StringComparer.Ordinal);

    /// <summary>The changes that were made for good.</summary>
    public int Changes => Requests.Count(static r => !r.StartsWith("GET", StringComparison.Ordinal) && !r.Contains("dryRun", StringComparison.Ordinal));

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <param name="server">The address, where it is another.</param>
    /// <param name="token">The credential.</param>
    /// <param name="user">What the user has instead of a token, as YAML.</param>
    /// <param name="more">What the cluster has besides, as YAML.</param>
    public string Kubeconfig(string? server = null, string token = Token, string? user = null, string more = "") => $$$"""
        apiVersion: v1
        kind: Config
        current-context: c
        contexts: [{name: c, context: {cluster: k, user: u}}]
        clusters: [{name: k, cluster: {server: "{{{server ?? Address}}}", certificate-authority-data: {{{Convert.ToBase64String(Encoding.ASCII.GetBytes(_authority.ExportCertificatePem()))}}}{{{more}}}}}]
        users: [{name: u, user: {{{{user ?? $"token: {token}"}}}}}]
        """;

    public static async Task<ApiServer> StartAsync()
    {
        var (authority, certificate) = Certificates();
        // One that watches no files: a user has few watches, and there are many servers.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate, static https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.ClientCertificateValidation = static (_, _, _) => true;
        })));
        var app = builder.Build();
        var server = new ApiServer(app, authority);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _authority.Dispose();
    }

    /// <summary>Applies a field as somebody else does.</summary>
    public void Edit(string path, string manager, Action<JsonObject> edit, params string[] fields)
    {
        lock (_gate)
        {
            var live = Objects[path];
            edit(live);
            Touch(live);
            var owners = Owners(live);
            foreach (var field in fields)
            {
                foreach (var (_, owned) in owners)
                {
                    owned!.AsArray().RemoveAll(f => f!.GetValue<string>() == field);
                }

                (owners[manager] ??= new JsonArray()).AsArray().Add((JsonNode)field);
            }
        }
    }

    private static (string Kind, string Plural, bool IsNamespaced) Kind(string text) => text.Split(' ') is var parts ? (parts[0], parts[1], parts.Length == 2) : default;

    private static (X509Certificate2 Authority, X509Certificate2 Certificate) Certificates()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=authority", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var authority = root.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=apiserver", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(authority, now.AddHours(-1), now.AddDays(1), [1, 2, 3, 4]);
        using var withKey = signed.CopyWithPrivateKey(key);
        return (authority, X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null));
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (Fault is { } fault && await fault(context))
        {
            return;
        }

        var request = context.Request;
        Requests.Enqueue($"{request.Method} {request.Path}{request.QueryString}");
        if (!(Admits?.Invoke(context) ?? request.Headers.Authorization == $"Bearer {Token}"))
        {
            await RefuseAsync(context, 401, "Unauthorized", "Unauthorized");
            return;
        }

        using var reader = new StreamReader(request.Body);
        var text = await reader.ReadToEndAsync();
        var body = text.Length > 0 ? JsonNode.Parse(text)!.AsObject() : null;
        int status;
        JsonObject answer;
        lock (_gate)
        {
            (status, answer) = Answer(request, body);
        }

        if (Loses is { } loses && await loses(context))
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.ToJsonString());
    }

    private (int Status, JsonObject Answer) Answer(HttpRequest request, JsonObject? body)
    {
        var path = request.Path.Value!;
        if (path is "/version")
        {
            return (200, new() { ["major"] = "1", ["minor"] = "28", ["gitVersion"] = "v1.28.3" });
        }

        if (path is "/apis")
        {
            var groups = _kinds.Keys.Where(static v => v.Contains('/', StringComparison.Ordinal)).GroupBy(static v => v.Split('/')[0])
                .Select(static g => (JsonNode)new JsonObject { ["name"] = g.Key, ["versions"] = new JsonArray([.. g.Select(static v => (JsonNode)new JsonObject { ["groupVersion"] = v })]) });
            return (200, new() { ["kind"] = "APIGroupList", ["groups"] = new JsonArray([.. groups]) });
        }

        var parts = path.Trim('/').Split('/');
        var apiVersion = parts[0] is "api" ? parts[1] : $"{parts[1]}/{parts.ElementAtOrDefault(2)}";
        string[] rest = [.. parts.Skip(parts[0] is "api" ? 2 : 3)];
        if (!_kinds.TryGetValue(apiVersion, out var kinds))
        {
            return Status(404, "NotFound", "the server could not find the requested resource");
        }

        if (rest.Length == 0)
        {
            return (200, new()
            {
                ["kind"] = "APIResourceList",
                ["resources"] = new JsonArray([.. kinds.Select(static k => (JsonNode)new JsonObject { ["name"] = k.Plural, ["kind"] = k.Kind, ["namespaced"] = k.IsNamespaced })]),
            });
        }

        var ns = rest[0] is "namespaces" && rest.Length > 2 ? rest[1] : "";
        string[] target = ns.Length > 0 ? rest[2..] : rest;
        if (kinds.Find(k => k.Plural == target[0]) is not { Kind: { } kind })
        {
            return Status(404, "NotFound", "the server could not find the requested resource");
        }

        if (ns.Length > 0 && request.Method is not "GET" && !Objects.ContainsKey($"/api/v1/namespaces/{ns}"))
        {
            return Status(404, "NotFound", $"namespaces \"{ns}\" not found");
        }

        var isTry = request.Query["dryRun"] == "All";
        var objectPath = request.Method is "POST" ? $"{path}/{body!["metadata"]!["name"]}" : path;
        var there = Objects.GetValueOrDefault(objectPath);
        switch (request.Method)
        {
            case "GET" when target.Length == 1:
                return List(request, kind, [.. Objects.Where(o => IsIn(o.Key, path, target[0]) && Selects(request.Query["labelSelector"], o.Value)).OrderBy(static o => o.Key, StringComparer.Ordinal).Select(static o => o.Value)]);
            case "GET":
                return there is null ? Missing(kind, target[1]) : (200, (JsonObject)there.DeepClone());
            case "POST":
                return there is not null ? Status(409, "AlreadyExists", $"{kind} \"{body!["metadata"]!["name"]}\" already exists") : Store(objectPath, body!, ns, 201);
            case "PUT":
                return there is null ? Missing(kind, target[1]) : Store(objectPath, body!, ns, 200);
            case "DELETE":
                return there is null ? Missing(kind, target[1]) : Delete(objectPath, there);
            default:
                if (request.ContentType!.StartsWith("application/strategic-merge-patch", StringComparison.Ordinal))
                {
                    return there is null ? Missing(kind, target[1]) : Patch(objectPath, there, body!, request.Query["fieldManager"]!);
                }

                return request.ContentType.StartsWith("application/merge-patch", StringComparison.Ordinal)
                    ? Merge(there!, body!)
                    : Apply(objectPath, there, body!, ns, request.Query["fieldManager"]!, request.Query["force"] == "true", isTry);
        }
    }

    private (int Status, JsonObject Answer) List(HttpRequest request, string kind, List<JsonObject> all)
    {
        var from = request.Query["continue"] is [{ Length: > 0 } next] ? int.Parse(next, CultureInfo.InvariantCulture) : 0;
        if (from > 0 && PagesBeforeExpiry > 0 && --PagesBeforeExpiry == 0)
        {
            return Status(410, "Expired", "The provided continue parameter is too old");
        }

        var limit = request.Query["limit"] is [{ Length: > 0 } most] ? int.Parse(most, CultureInfo.InvariantCulture) : int.MaxValue;
        var page = all.Skip(from).Take(limit).Select(static o => o.DeepClone()).ToArray();
        var rest = from + page.Length < all.Count ? (from + page.Length).ToString(CultureInfo.InvariantCulture) : "";
        return (200, new() { ["kind"] = kind + "List", ["metadata"] = new JsonObject { ["continue"] = rest }, ["items"] = new JsonArray(page) });
    }

    private static bool IsIn(string path, string folder, string plural) =>
        path.StartsWith(folder + "/", StringComparison.Ordinal)
        || (!folder.Contains("/namespaces/", StringComparison.Ordinal) && path.Contains($"/{plural}/", StringComparison.Ordinal) && path.StartsWith(folder[..folder.LastIndexOf('/')], StringComparison.Ordinal));

    private static bool Selects(string? selector, JsonObject live) =>
        selector is null || selector.Split(',').All(pair => live["metadata"]?["labels"]?[pair.Split('=')[0]]?.GetValue<string>() == pair.Split('=')[1]);

    private (int Status, JsonObject Answer) Apply(string path, JsonObject? there, JsonObject body, string ns, string manager, bool isForced, bool isTry)
    {
        if (body["kind"]!.GetValue<string>() is "ConfigMap" && body["datum"] is not null)
        {
            return Status(500, "", "failed to create typed patch object: .datum: field not declared in schema");
        }

        if (there?["immutable"]?.GetValue<bool>() is true && !JsonNode.DeepEquals(there["data"], body["data"]))
        {
            return Status(422, "Invalid", $"{path.Split('/')[^1]} is invalid: data: Forbidden: field is immutable when `immutable` is set");
        }

        var fields = new List<string>();
        Leaves(body, "", fields);
        var live = there is null ? new JsonObject() : (JsonObject)there.DeepClone();
        var owners = Owners(live);
        var conflicts = fields.SelectMany(f => owners.Where(o => o.Key != manager && o.Value!.AsArray().Any(x => x!.GetValue<string>() == f) && !Same(live, body, f)).Select(o => (Field: f, Manager: o.Key))).ToList();
        if (conflicts.Count > 0 && !isForced)
        {
            var (status, refusal) = Status(409, "Conflict", "Apply failed with conflicts");
            refusal["details"] = new JsonObject
            {
                ["causes"] = new JsonArray([.. conflicts.Select(static c => (JsonNode)new JsonObject { ["reason"] = "FieldManagerConflict", ["message"] = $"conflict with \"{c.Manager}\"", ["field"] = c.Field })]),
            };
            return (status, refusal);
        }

        foreach (var gone in (owners[manager]?.AsArray() ?? []).Select(static f => f!.GetValue<string>()).Except(fields).ToList())
        {
            Remove(live, gone);
        }

        foreach (var (other, owned) in owners.ToList())
        {
            if (other != manager)
            {
                owned!.AsArray().RemoveAll(f => conflicts.Exists(c => c.Field == f!.GetValue<string>()));
            }
        }

        MergeInto(live, (JsonObject)body.DeepClone());
        owners[manager] = new JsonArray([.. fields.Select(static f => (JsonNode)f)]);
        if (ns.Length > 0)
        {
            live["metadata"]!["namespace"] = ns;
        }

        if (isTry)
        {
            return (200, live);
        }

        var changed = there is null || !JsonNode.DeepEquals(Bare(there), Bare(live));
        if (changed)
        {
            Touch(live);
        }

        Objects[path] = live;
        Control(path, live);
        if (there is null)
        {
            Created.Enqueue(path);
        }

        return (there is null ? 201 : 200, (JsonObject)live.DeepClone());
    }

    private (int Status, JsonObject Answer) Store(string path, JsonObject body, string ns, int status)
    {
        var live = (JsonObject)body.DeepClone();
        if (ns.Length > 0)
        {
            live["metadata"]!["namespace"] = ns;
        }

        Touch(live);
        Objects[path] = live;
        Control(path, live);
        return (status, (JsonObject)live.DeepClone());
    }

    private (int Status, JsonObject Answer) Merge(JsonObject there, JsonObject body)
    {
        MergeInto(there, (JsonObject)body.DeepClone());
        Touch(there);
        return (200, (JsonObject)there.DeepClone());
    }

    // What a patch changes is its manager's from then on.
    private (int Status, JsonObject Answer) Patch(string path, JsonObject there, JsonObject body, string manager)
    {
        var fields = new List<string>();
        Leaves(body, "", fields);
        var changed = fields.Where(f => !Same(there, body, f)).ToList();
        var owners = Owners(there);
        foreach (var (_, owned) in owners.ToList())
        {
            owned!.AsArray().RemoveAll(f => changed.Contains(f!.GetValue<string>()));
        }

        owners[manager] = new JsonArray([.. (owners[manager]?.AsArray() ?? []).Select(static f => f!.GetValue<string>()).Union(changed).Select(static f => (JsonNode)f)]);
        var answer = Merge(there, body);
        Control(path, there);
        return answer;
    }

    private (int Status, JsonObject Answer) Delete(string path, JsonObject there)
    {
        if (there["metadata"]!["finalizers"] is JsonArray { Count: > 0 })
        {
            there["metadata"]!["deletionTimestamp"] = "2026-01-05T10:00:00Z";
            return (200, (JsonObject)there.DeepClone());
        }

        Objects.TryRemove(path, out _);
        if (there["kind"]!.GetValue<string>() is "CustomResourceDefinition")
        {
            _kinds.Remove($"{there["spec"]!["group"]}/{there["spec"]!["versions"]![0]!["name"]}");
        }

        return (200, new() { ["kind"] = "Status", ["status"] = "Success" });
    }

    // What controllers do.
    private void Control(string path, JsonObject live)
    {
        var kind = live["kind"]!.GetValue<string>();
        if (kind is "CustomResourceDefinition")
        {
            var spec = live["spec"]!;
            _kinds[$"{spec["group"]}/{spec["versions"]![0]!["name"]}"] = [(spec["names"]!["kind"]!.GetValue<string>(), spec["names"]!["plural"]!.GetValue<string>(), spec["scope"]!.GetValue<string>() is "Namespaced")];
            live["status"] = new JsonObject { ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Established", ["status"] = "True" }) };
        }
        else if (kind is "Service")
        {
            live["spec"] ??= new JsonObject();
            live["spec"]!["clusterIP"] ??= "10.0.0.1";
        }
        else if (kind is "Deployment" && !IsIdle)
        {
            var replicas = live["spec"]?["replicas"]?.GetValue<double>() ?? 1;
            live["status"] = new JsonObject { ["observedGeneration"] = live["metadata"]!["generation"]!.DeepClone(), ["replicas"] = replicas, ["updatedReplicas"] = replicas, ["readyReplicas"] = replicas };
        }
        else if (kind is "Job" && !IsIdle)
        {
            var type = FailingJobs.Contains(path.Split('/')[^1]) ? "Failed" : "Complete";
            live["status"] = new JsonObject { ["conditions"] = new JsonArray(new JsonObject { ["type"] = type, ["status"] = "True", ["reason"] = type is "Failed" ? "BackoffLimitExceeded" : "" }) };
        }
    }

    private void Touch(JsonObject live)
    {
        live["metadata"] ??= new JsonObject();
        var metadata = live["metadata"]!;
        metadata["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
        metadata["generation"] = (metadata["generation"]?.GetValue<double>() ?? 0) + 1;
        metadata["uid"] ??= Guid.NewGuid().ToString();
        metadata["creationTimestamp"] ??= "2026-01-05T10:00:00Z";
    }

    private static JsonObject Owners(JsonObject live)
    {
        live["metadata"] ??= new JsonObject();
        if (live["metadata"]!["managedFields"] is not JsonArray fields)
        {
            live["metadata"]!["managedFields"] = fields = new JsonArray(new JsonObject());
        }

        return fields[0]!.AsObject();
    }

    private static JsonNode Bare(JsonObject live)
    {
        var copy = live.DeepClone();
        copy["metadata"]!.AsObject().Remove("managedFields");
        copy.AsObject().Remove("status");
        return copy;
    }

    // Lists of things with names are merged by them, as most lists of Kubernetes are; others are one field.
    private static void Leaves(JsonNode? node, string path, List<string> into)
    {
        if (node is JsonObject map)
        {
            foreach (var (key, value) in map.Where(m => path.Length > 0 || m.Key is not ("apiVersion" or "kind")))
            {
                if (path is ".metadata" && key is "name" or "namespace")
                {
                    continue;
                }

                Leaves(value, $"{path}.{key}", into);
            }
        }
        else if (node is JsonArray list && list.Count > 0 && list.All(static i => i is JsonObject o && o["name"] is not null))
        {
            foreach (var item in list)
            {
                Leaves(item, $"{path}[name=\"{item!["name"]}\"]", into);
            }
        }
        else
        {
            into.Add(path);
        }
    }

    private static JsonNode? At(JsonNode? node, string path)
    {
        foreach (var step in Steps(path))
        {
            node = step.StartsWith('[') ? (node as JsonArray)?.FirstOrDefault(i => i?["name"]?.GetValue<string>() == step[7..^2]) : (node as JsonObject)?[step];
        }

        return node;
    }

    private static void Remove(JsonObject live, string path)
    {
        var steps = Steps(path);
        var parent = At(live, string.Concat(steps.SkipLast(1).Select(static s => s.StartsWith('[') ? s : "." + s)));
        (parent as JsonObject)?.Remove(steps[^1]);
    }

    private static string[] Steps(string path) =>
        path.Replace("[", ".[", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries);

    private static bool Same(JsonNode live, JsonNode body, string path) => JsonNode.DeepEquals(At(live, path), At(body, path));

    private static void MergeInto(JsonObject live, JsonObject from)
    {
        foreach (var (key, value) in from.ToList())
        {
            from.Remove(key);
            if (value is JsonObject inner && live[key] is JsonObject own)
            {
                MergeInto(own, inner);
            }
            else if (value is JsonArray list && live[key] is JsonArray there && list.All(static i => i is JsonObject o && o["name"] is not null))
            {
                foreach (var item in list.ToList())
                {
                    list.Remove(item);
                    if (there.FirstOrDefault(i => i?["name"]?.GetValue<string>() == item!["name"]!.GetValue<string>()) is JsonObject same)
                    {
                        MergeInto(same, item!.AsObject());
                    }
                    else
                    {
                        there.Add(item);
                    }
                }
            }
            else
            {
                live[key] = value;
            }
        }
    }

    private static (int Status, JsonObject Answer) Missing(string kind, string name) => Status(404, "NotFound", $"{kind} \"{name}\" not found");

    private static (int Status, JsonObject Answer) Status(int code, string reason, string message) =>
        (code, new() { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["message"] = message, ["reason"] = reason, ["code"] = code });

    private static Task RefuseAsync(HttpContext context, int code, string reason, string message)
    {
        context.Response.StatusCode = code;
        return context.Response.WriteAsync(Status(code, reason, message).Answer.ToJsonString());
    }
}
