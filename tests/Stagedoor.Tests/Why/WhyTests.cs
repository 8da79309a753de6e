using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Iam;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Why;

/// <summary>Whoever was refused hears why, and what to change.</summary>
public sealed class WhyTests
{
    private static readonly Case[] s_cases =
    [
        new("a path with a slip", "SVCSTG.SWR.4040083", "route", "Call /v2/manage/namespaces (", static r => r.SendAsync("GET", "/v2/manage/namespacez")),
        new("a path that is near nothing", "APIGW.0101", "route", "GET /openapi lists", static r => r.SendAsync("GET", "/v9/nothing")) { Facts = [("nearest route", "none")] },
        new("an ingest key in a path that does not exist", "APIGW.0101", "route", "GET /openapi lists", static r =>
        {
            const string Key = "ingest-key-in-a-path";
            r.Secrets.Add(Key);
            return r.SendAsync("POST", $"/k/{Key}/other", "{}");
        }),
        new("a method that the path does not have", "APIGW.0101", "route", "and not with PUT", static r => r.SendAsync("PUT", "/v3/auth/tokens", "{}")),
        new("a header that is too large", "APIGW.0201", "arrival", "at most 32768 bytes each", static r => r.SendAsync("GET", "/v3/projects", null, ("X-Large", new string('a', 40_000)))),
        new("a line that is too long", "APIGW.0201", "arrival", "Shorten the address", static r => r.SendAsync("GET", "/v3/projects?name=" + new string('a', 40_000))),
        new("no credential", "APIGW.0301", "authentication", "Send X-Auth-Token", static r => r.SendAsync("GET", "/v3/users")) { Facts = [("credentials found", "none")] },
        new("a token that is none", "APIGW.0301", "authentication", "Get a new token with POST /v3/auth/tokens", static r => r.SendAsync("GET", "/v3/users", null, ("X-Auth-Token", "nonsense")))
        {
            Facts = [("credentials found", "token (X-Auth-Token)")],
        },
        new("an access key that nobody has", "APIGW.0301", "authentication", "there is none with the name NOBODYSKEY", static async r =>
        {
            using var nobody = r.App.WithKeys("NOBODYSKEY", "secret");
            return await nobody.GetAsync("/v3/users", Cancellation);
        }),
        new("a secret key that is another", "APIGW.0301", "authentication", "Look whether the secret key in the client is the one of", static r => r.SendAsync(new Signed("GET", "/v3/users"), "another"))
        {
            Facts = [("canonical request", "GET\n/v3/users/\n\nhost:"), ("first difference", "none found"), ("user", "admin")],
        },
        new("a secret key with the end of its line", "APIGW.0301", "authentication", "without the line break that its file ends with", static r => r.SendAsync(new Signed("GET", "/v3/users"), r.App.FirstRun.SecretKey + "\n"))
        {
            Facts = [("first difference", "secret key")],
        },
        new("a path signed without its slash", "APIGW.0301", "authentication", "sign the path with a slash at its end", static r => r.SendAsync(new Signed("GET", "/v3/users") { SignedPath = "/v3/users" }))
        {
            Facts = [("first difference", "path"), ("computed", "/v3/users/"), ("signed", "/v3/users")],
        },
        new("a query signed as it came", "APIGW.0301", "authentication", "sign the query with its parameters sorted by name", static r => r.SendAsync(new Signed("GET", "/v3/users", "name=b&enabled=true") { SignedQuery = "name=b&enabled=true" }))
        {
            Facts = [("first difference", "query"), ("computed", "enabled=true&name=b"), ("signed", "name=b&enabled=true")],
        },
        new("a host signed without its port", "APIGW.0301", "authentication", "sign the Host that is sent", static r => r.SendAsync(new Signed("GET", "/v3/users") { SignedHost = "127.0.0.1" }))
        {
            Facts = [("first difference", "header host"), ("signed", "host:127.0.0.1")],
        },
        new("a body that was not hashed", "APIGW.0301", "authentication", "what was signed is that of an empty one", static r => r.SendAsync(
            new Signed("POST", "/v3/users") { Body = """{"user":{}}""", SignedHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }))
        {
            Facts = [("first difference", "payload hash")],
        },
        new("a clock that is wrong", "APIGW.0301", "authentication", "Set the clock of the client", static async r =>
        {
            var request = new Signed("GET", "/v3/users").Of(r.App);
            request.Headers.Remove("X-Sdk-Date");
            request.Headers.TryAddWithoutValidation("X-Sdk-Date", r.App.Clock.GetUtcNow().AddHours(-1).ToString("yyyyMMdd'T'HHmmss'Z'", System.Globalization.CultureInfo.InvariantCulture));
            return await r.App.Anonymous.SendAsync(request, Cancellation);
        })
        {
            Facts = [("skew", "360"), ("allowed", "900 s")],
        },
        new("an algorithm that is not served", "APIGW.0305", "authentication", "unsupported signing algorithm: SDK-HMAC-SM3", static r => r.SendAsync("GET", "/v3/users", null, ("Authorization", "SDK-HMAC-SM3 Access=A, SignedHeaders=host, Signature=0")))
        {
            Facts = [("credentials found", "signature (SDK-HMAC-SM3)")],
        },
        new("a key that is switched off", "APIGW.0301", "authentication", "stagedoor admin key enable ", static async r =>
        {
            var (accessKey, secretKey) = await r.AddKeyAsync(r.AliceId);
            using var off = await r.App.Admin.PutAsJsonAsync($"/v3.0/OS-CREDENTIAL/credentials/{accessKey}", new { credential = new { status = "inactive" } }, Cancellation);
            off.EnsureSuccessStatusCode();
            using var client = r.App.WithKeys(accessKey, secretKey);
            return await client.GetAsync("/v3/users", Cancellation);
        })
        {
            Facts = [("user", "alice")],
        },
        new("a token that was revoked", "APIGW.0307", "authentication", "this one was revoked", static async r =>
        {
            var token = await r.App.NewTokenAsync();
            r.Secrets.Add(token);
            using var end = new HttpRequestMessage(HttpMethod.Delete, "/v3/auth/tokens");
            end.Headers.Add("X-Subject-Token", token);
            end.Headers.Add("X-Auth-Token", token);
            using var ended = await r.App.Anonymous.SendAsync(end, Cancellation);
            ended.EnsureSuccessStatusCode();
            return await r.SendAsync("GET", "/v3/users", null, ("X-Auth-Token", token));
        }),
        new("a password that is wrong", "IAM.0001", "authentication", "stagedoor admin user password", static r => r.SendAsync(
            "POST", "/v3/auth/tokens", """{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"alice","password":"Wrong-Word-1","domain":{"name":"DOMAIN"}}}}}}""".Replace("DOMAIN", r.App.FirstRun.Domain, StringComparison.Ordinal))),
        new("an action that no role allows", "APIGW.0306", "policy", "stagedoor admin role grant alice secu_admin", static r => r.Alice.GetAsync("/v3/audit/records", Cancellation))
        {
            Facts = [("action", "iam:auditRecords:list"), ("smallest grant", "secu_admin in the account"), ("roles", "none")],
        },
        new("a user that exists", "IAM.0005", "handler", "Get the existing one by name", static r => r.App.Admin.PostAsJsonAsync("/v3/users", new { user = new { name = "alice", password = "Why-Not-2" } }, Cancellation)),
        new("an organization that others made", "SVCSTG.SWR.4037020", "policy", "stagedoor admin org grant team alice pull", static r => r.Alice.GetAsync("/v2/manage/namespaces/team", Cancellation))
        {
            Facts = [("organization", "team"), ("right", "none"), ("needs", "pull")],
        },
        new("an organization too many", "SVCSTG.SWR.4000097", "quota", "Images:MaxOrganizationsPerAccount", static r => r.App.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "another" }, Cancellation))
        {
            Facts = [("limit", "1"), ("setting", "Images:MaxOrganizationsPerAccount")],
        },
        new("an organization that does not exist", "SVCSTG.SWR.4040058", "handler", "List those you may see", static r => r.App.Admin.GetAsync("/v2/manage/namespaces/nowhere", Cancellation))
        {
            Facts = [("detail", "namespace=nowhere"), ("operation", "ShowNamespace")],
        },
        new("a body that is no JSON", "SVCSTG.SWR.4000014", "handler", "", static r => SignedPostAsync(r, "/v2/manage/namespaces", "{")),
        new("a login of the registry that is none", "SVCSTG.SWR.4000031", "authentication", "stagedoor admin login-command prints both", static async r =>
        {
            using var wrong = r.App.Registry(key: "0000000000000000000000000000000000000000000000000000000000000000");
            return await wrong.GetAsync("/v2/", Cancellation);
        })
        {
            Facts = [("credentials found", "login (Basic)"), ("user", "admin")],
        },
        new("an image that others own", "SVCSTG.SWR.4037020", "policy", "stagedoor admin org grant team alice pull", static async r =>
        {
            using var alice = r.AliceInTheRegistry();
            return await alice.GetAsync("/v2/team/app/manifests/latest", Cancellation);
        }),
        new("a push to an organization that nobody made", "SVCSTG.SWR.4041061", "handler", "stagedoor admin org create nowhere", static async r =>
        {
            using var admin = r.App.Registry();
            return await admin.PostAsync("/v2/nowhere/app/blobs/uploads/", null, Cancellation);
        })
        {
            Facts = [("organization", "nowhere")],
        },
        new("a tag that does not exist", "SVCSTG.SWR.4041056", "handler", "", static async r =>
        {
            using var admin = r.App.Registry();
            return await admin.GetAsync("/v2/team/app/manifests/none", Cancellation);
        }),
        new("key headers that are wrong", "401002", "authentication", "", static r => r.SendAsync("GET", "/v4/default/registry/microservices", null, ("X-Service-AK", r.App.FirstRun.AccessKey), ("X-Service-ShaAKSK", "0000")))
        {
            Facts = [("credentials found", "key headers (X-Service-AK)"), ("user", "admin")],
        },
        new("a microservice too many", "400100", "quota", "Discovery:Quotas:Services", static async r =>
        {
            // Another may have been there before; one is enough.
            const string Body = """{"service":{"appId":"a","serviceName":"NAME","version":"1.0.0"}}""";
            using var first = await r.SendAsync("POST", "/v4/default/registry/microservices", Body.Replace("NAME", "one", StringComparison.Ordinal));

            return await r.SendAsync("POST", "/v4/default/registry/microservices", Body.Replace("NAME", "two", StringComparison.Ordinal));
        })
        {
            Facts = [("limit", "1"), ("setting", "Discovery:Quotas:Services")],
        },
        new("a microservice without a role", "403001", "policy", "stagedoor admin role grant alice svcstg_dev --project", static r => r.SendAsync(
            "POST", "/v4/default/registry/microservices", """{"service":{"serviceName":"three","version":"1.0.0"}}""", ("X-Service-AK", r.AliceKey.AccessKey), ("X-Service-ShaAKSK", Refusals.LoginKey(r.AliceKey))))
        {
            Facts = [("smallest grant", "svcstg_dev in the project")],
        },
        new("a project that is another's", "SVCSTG.ATS.400101", "handler", "", static r => r.App.Admin.GetAsync("/v1/00000000000000000000000000000001/ats/applications", Cancellation)),
        new("spans with a key that nobody has", "APIGW.0301", "authentication", "Tracing:Keys", static r => r.SendAsync("POST", "/v1/traces", "{}", ("Authorization", "Bearer notakey"))),
        new("spans that are no object", "SVCSTG_AMS_4000001", "handler", "Correct the request: an object is expected (byte 0)", static r => r.SendAsync("POST", "/v1/traces", "[]"))
        {
            Facts = [("detail", "an object is expected (byte 0)")],
        },
        new("spans of another media type", "APIGW.0201", "body", "Correct the request: The media type is neither application/x-protobuf nor application/json.", static async r =>
        {
            using var text = new StringContent("[]");
            return await r.App.Anonymous.PostAsync("/v1/traces", text, Cancellation);
        })
        {
            Facts = [("detail", "The media type is neither")],
        },
        new("spans from a page of another site", "APIGW.0301", "authentication", "this request has an Origin of another site", static r => r.SendAsync("POST", "/v1/traces", "{}", ("Origin", "https://elsewhere.example.com"))),
        new("spans through a proxy", "APIGW.0301", "authentication", "this request has the header X-Forwarded-For", static r => r.SendAsync("POST", "/v1/traces", "{}", ("X-Forwarded-For", "10.0.0.1"))),
        new("spans of a user without a role", "APIGW.0306", "policy", "stagedoor admin role grant alice", static async r =>
        {
            using var spans = new StringContent("{}", Encoding.UTF8, "application/json");
            return await r.Alice.PostAsync("/v1/traces", spans, Cancellation);
        }),
        new("a limit of Jaeger that is none", "SVCSTG_AMS_4000001", "handler", "'0' is no whole number above 0", static r => r.SendAsync("GET", "/api/traces?service=a&limit=0")),
        new("a time of Zipkin that is none", "SVCSTG_AMS_4000001", "handler", "Correct the request: ", static r => r.SendAsync("GET", "/api/v2/traces?lookback=0"))
        {
            Facts = [("detail", "lookback")],
        },
        new("a trace that nobody sent", "SVCSTG.ATS.200103", "handler", "Look whether what the path names is there: trace not found", static r => r.SendAsync("GET", "/api/traces/00000000000000000000000000000001")),
        new("a limit of the trace service that is none", "SVCSTG.ATS.400101", "handler", "Correct the request: limit: a whole number from 1 to 1000", static async r =>
            await r.App.Admin.GetAsync($"/v1/{await ProjectIdAsync(r)}/ats/traces?application=a&startTime=1&endTime=2&limit=0", Cancellation)),
        new("a read key that nobody has", "APIGW.0301", "authentication", "Send a key of the setting Tracing:ReadKeys", static r => r.SendAsync("GET", "/api/services", null, ("Authorization", "Basic bm9ib2R5Ondyb25n")))
        {
            Facts = [("credentials found", "login (Basic)")],
        },
        new("a path of no port", "APIGW.0101", "route", "GET /openapi lists", static r => AtOtherPortAsync(r, "/nothing")) { Facts = [("nearest route", "none")] },
        new("a path of another port", "APIGW.0101", "route", "Call /v3/users at the main port (setting Urls)", static r => AtOtherPortAsync(r, "/v3/users")) { Facts = [("served at", "the main port")] },
        new("a table that is gone", "SVCSTG.SWR.5000057", "storage", "Let the operator look at the database", static async r =>
        {
            using var broken = r.App.Sabotage("images").Unreadable("organizations");
            return await r.App.Admin.GetAsync("/v2/manage/namespaces", Cancellation);
        })
        {
            Facts = [("store", "database"), ("statement", "SELECT"), ("fault", "failed")],
        },
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Thirty_refusals_and_more_are_explained()
    {
        await using var refusals = await Refusals.StartAsync(("Images:MaxOrganizationsPerAccount", "1"), ("Discovery:Quotas:Services", "1"), ("Tracing:OtlpHttpListen", "0"), ("Gateway:RefusalsPerSecondPerAddress", "0"));

        var problems = new List<string>();
        foreach (var one in s_cases)
        {
            // Wrong signatures in a row would lock the key.
            using var good = await refusals.App.Admin.GetAsync("/v3/projects", Cancellation);
            if (await one.FindProblemAsync(refusals) is { } problem)
            {
                problems.Add(problem);
            }
        }

        Assert.True(s_cases.Length >= 30);
        Assert.True(problems.Count == 0, string.Join("\n\n", problems));
    }

    [Theory]
    [InlineData("Gateway:RequestsPerSecond", "1", "APIGW.0308", "throttle", "raise the setting Gateway:RequestsPerSecond")]
    [InlineData("Gateway:RequireHttps", "true", "APIGW.0607", "arrival", "https:// instead of http://")]
    [InlineData("Gateway:AllowedAddresses:0", "10.0.0.0/8", "APIGW.0402", "address", "Gateway:AllowedAddresses")]
    public async Task What_the_operator_has_set_is_explained_and_a_restart_keeps_it(string setting, string value, string code, string stage, string change)
    {
        await using var refusals = await Refusals.StartAsync();
        await refusals.App.RestartAsync((setting, value));
        using var alice = refusals.App.WithKeys(refusals.AliceKey.AccessKey, refusals.AliceKey.SecretKey);
        HttpResponseMessage response;
        do
        {
            response = await alice.GetAsync("/v3/projects", Cancellation);
        }
        while (response.IsSuccessStatusCode);

        var id = response.Headers.GetValues("X-Request-Id").Single();
        response.Dispose();

        await refusals.App.RestartAsync((setting, setting.EndsWith("Https", StringComparison.Ordinal) ? "false" : setting.EndsWith(":0", StringComparison.Ordinal) ? "127.0.0.0/8" : "0"));

        var explained = await refusals.App.Admin.GetFromJsonAsync<JsonElement>($"/v1/why/{id}", Cancellation);
        Assert.Null(new Case(setting, code, stage, change, static _ => throw new NotSupportedException()).FindProblem(explained.GetProperty("refusals")[0]));
    }

    [Fact]
    [Provokes("STAGEDOOR.4040001")]
    public async Task Another_account_and_an_unknown_id_get_the_same_answer()
    {
        await using var refusals = await Refusals.StartAsync();
        var account = await IamModule.CreateAccountAsync(refusals.App.Services, "others", Cancellation);
        using var other = refusals.App.WithKeys(account!.AccessKey, account.SecretKey);
        using var mine = await refusals.App.Admin.GetAsync("/v2/manage/namespaces/nowhere", Cancellation);
        using var theirs = await other.GetAsync("/v2/manage/namespaces/nowhere", Cancellation);
        using var nobodys = await refusals.SendAsync("GET", "/v3/users");

        foreach (var (client, response, status) in new[]
        {
            (refusals.App.Admin, mine, 200), (other, mine, 404), (other, theirs, 200), (refusals.App.Admin, theirs, 404), (refusals.App.Admin, nobodys, 200), (other, nobodys, 404), (refusals.Alice, mine, 200),
        })
        {
            using var answer = await client.GetAsync($"/v1/why/{response.Headers.GetValues("X-Request-Id").Single()}", Cancellation);
            Assert.Equal(status, (int)answer.StatusCode);
        }

        using var unknown = await refusals.App.Admin.GetAsync("/v1/why/00000000000000000000000000000001", Cancellation);
        await unknown.ShouldFailAsync(404, "STAGEDOOR.4040001");
        foreach (var odd in (string[])["x", "0000", new string('z', 32), new string('0', 33), "%F0%9F%9A%AA", "..%2E"])
        {
            using var answer = await refusals.App.Admin.GetAsync("/v1/why/" + odd, Cancellation);
            Assert.InRange((int)answer.StatusCode, 400, 404);
        }

        using var anonymous = await refusals.SendAsync("GET", "/v1/why/00000000000000000000000000000001");
        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
    }

    [Fact]
    public async Task A_refusal_is_forgotten_after_its_days()
    {
        await using var refusals = await Refusals.StartAsync(("Why:KeepDays", "2"));
        using var refused = await refusals.App.Admin.GetAsync("/v2/manage/namespaces/nowhere", Cancellation);
        var path = $"/v1/why/{refused.Headers.GetValues("X-Request-Id").Single()}";
        using var before = await refusals.App.Admin.GetAsync(path, Cancellation);

        refusals.App.Clock.Advance(TimeSpan.FromDays(2.1));
        using var after = await refusals.App.Admin.GetAsync(path, Cancellation);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (before.StatusCode, after.StatusCode));
    }

    [Fact]
    public async Task The_last_refusals_are_those_of_the_caller_and_of_the_code_asked_for()
    {
        await using var refusals = await Refusals.StartAsync();
        using var mine = await refusals.App.Admin.GetAsync("/v2/manage/namespaces/nowhere", Cancellation);
        using var others = await refusals.Alice.GetAsync("/v2/manage/namespaces/team", Cancellation);
        using var elsewhere = await refusals.App.Admin.GetAsync("/v3/projects/00000000000000000000000000000001", Cancellation);

        var all = await refusals.App.Admin.GetFromJsonAsync<JsonElement>("/v1/why", Cancellation);
        var some = await refusals.App.Admin.GetFromJsonAsync<JsonElement>("/v1/why?code=SVCSTG.SWR.4040058&limit=5", Cancellation);

        Assert.Equal(["IAM.0004", "SVCSTG.SWR.4040058"], all.GetProperty("refusals").EnumerateArray().Select(static r => r.GetProperty("code").GetString()!));
        Assert.Equal(mine.Headers.GetValues("X-Request-Id").Single(), Assert.Single(some.GetProperty("refusals").EnumerateArray()).GetProperty("request_id").GetString());
        foreach (var bad in (string[])["limit=0", "limit=101", "limit=x"])
        {
            using var refused = await refusals.App.Admin.GetAsync("/v1/why?" + bad, Cancellation);
            await refused.ShouldFailAsync(400, "APIGW.0201");
        }
    }

    [Fact]
    public async Task What_clients_ask_on_their_way_is_explained_by_its_id_and_in_no_list()
    {
        await using var refusals = await Refusals.StartAsync();
        var keys = refusals.App.FirstRun;
        using var registry = refusals.App.Registry();
        var layer = $"sha256:{new string('0', 64)}";
        var misses = new List<HttpResponseMessage>();
        var listed = new List<HttpResponseMessage>();
        try
        {
            foreach (var path in (string[])[$"/v2/team/app/blobs/{layer}", $"/v2/team/none/blobs/{layer}"])
            {
                using var head = new HttpRequestMessage(HttpMethod.Head, path);
                misses.Add(await registry.SendAsync(head, Cancellation));
            }

            foreach (var query in (string[])["type=microservice&appId=a&serviceName=none&version=1.0.0", "type=microservice&appId=a&serviceName=none&version=latest"])
            {
                misses.Add(await refusals.SendAsync(
                    "GET", $"/v4/default/registry/existence?{query}", null, ("X-Service-AK", keys.AccessKey), ("X-Service-ShaAKSK", Refusals.LoginKey((keys.AccessKey, keys.SecretKey)))));
            }

            // What a pull fails with, and what is wrong with how it is asked.
            listed.Add(await registry.GetAsync($"/v2/team/app/blobs/{layer}", Cancellation));
            using var tag = new HttpRequestMessage(HttpMethod.Head, "/v2/team/app/manifests/none");
            listed.Add(await registry.SendAsync(tag, Cancellation));
            using var digest = new HttpRequestMessage(HttpMethod.Head, "/v2/team/app/blobs/sha256:0");
            listed.Add(await registry.SendAsync(digest, Cancellation));

            foreach (var response in misses)
            {
                Assert.InRange((int)response.StatusCode, 400, 404);
                using var explained = await refusals.App.Admin.GetAsync($"/v1/why/{IdOf(response)}", Cancellation);
                Assert.Equal(HttpStatusCode.OK, explained.StatusCode);
            }

            var list = await refusals.App.Admin.GetFromJsonAsync<JsonElement>("/v1/why?limit=100", Cancellation);
            Assert.Equal(listed.Select(IdOf).Reverse(), list.GetProperty("refusals").EnumerateArray().Select(static r => r.GetProperty("request_id").GetString()!));
        }
        finally
        {
            misses.Concat(listed).ToList().ForEach(static r => r.Dispose());
        }

        static string IdOf(HttpResponseMessage response) => response.Headers.GetValues("X-Request-Id").Single();
    }

    [Fact]
    public async Task The_page_of_a_code_lists_the_last_requests_of_whoever_shows_a_credential()
    {
        await using var refusals = await Refusals.StartAsync();
        using var mine = await refusals.App.Admin.GetAsync("/v2/manage/namespaces/nowhere", Cancellation);
        var id = mine.Headers.GetValues("X-Request-Id").Single();

        var answers = new List<string>();
        foreach (var (client, accept) in new[] { (refusals.App.Admin, "application/json"), (refusals.App.Admin, "text/html"), (refusals.App.Admin, "text/plain"), (refusals.Alice, "text/plain"), (refusals.App.Anonymous, "text/plain") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/errors/SVCSTG.SWR.4040058");
            request.Headers.Add("Accept", accept);
            using var page = await client.SendAsync(request, Cancellation);
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            answers.Add(await page.Content.ReadAsStringAsync(Cancellation));
        }

        Assert.Equal([true, true, true, false, false], answers.Select(a => a.Contains(id, StringComparison.Ordinal)));
        Assert.Contains("Your last", answers[3], StringComparison.Ordinal);
        Assert.DoesNotContain("Your last", answers[4], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_failed_is_explained_under_the_request_that_asked_for_it()
    {
        await using var refusals = await Refusals.StartAsync(("Images:Triggers:AllowedNetworks:0", "127.0.0.1"), ("Images:Jobs:PollSeconds", "1"));
        using var made = await SignedPostAsync(refusals, "/v2/manage/namespaces/team/repos/app/webhooks", """{"url":"http://127.0.0.1:1/nobody","enabled":true}""");
        made.EnsureSuccessStatusCode();
        var webhook = (await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("id").GetInt64();
        using var asked = await refusals.App.Admin.PostAsync($"/v2/manage/namespaces/team/repos/app/webhooks/{webhook}/test", null, Cancellation);
        asked.EnsureSuccessStatusCode();

        JsonElement refusal = default;
        await Eventually.TrueAsync("the delivery fails", TimeSpan.FromSeconds(30), async () =>
        {
            using var answer = await refusals.App.Admin.GetAsync($"/v1/why/{asked.Headers.GetValues("X-Request-Id").Single()}", Cancellation);
            refusal = answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("refusals")[0] : default;
            return answer.IsSuccessStatusCode;
        });

        Assert.Null(new Case("a webhook", "job", "job", "it is tried again by itself", static _ => throw new NotSupportedException()) { Facts = [("kind", "images.webhook"), ("attempt", "1"), ("next attempt", "in ")] }.FindProblem(refusal));
        Assert.Equal("job", refusal.GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Many_of_one_kind_leave_room_for_another()
    {
        await using var refusals = await Refusals.StartAsync();
        for (var i = 0; i < 40; i++)
        {
            using var same = await refusals.App.Admin.GetAsync("/v2/manage/namespaces/nowhere", Cancellation);
        }

        using var other = await refusals.App.Admin.GetAsync("/v3/projects/00000000000000000000000000000001", Cancellation);
        using var explained = await refusals.App.Admin.GetAsync($"/v1/why/{other.Headers.GetValues("X-Request-Id").Single()}", Cancellation);

        Assert.Equal(HttpStatusCode.OK, explained.StatusCode);
        Assert.InRange(refusals.App.Sabotage("gateway").Count("refusal"), 20, 42);
    }

    [Fact]
    public async Task Another_replica_answers_and_a_database_that_was_away_is_named()
    {
        await using var database = await OwnDatabase.CreateAsync();
        var server = new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var link = new FaultyLink(server.Host!, server.Port);
        (server.Host, server.Port) = ("127.0.0.1", link.Port);
        (string, string)[] throughLink = [.. database.Settings.Where(static s => s.Key is not "Storage:PostgreSql"), ("Storage:PostgreSql", server.ConnectionString)];
        await using var first = await StagedoorApp.StartAsync(throughLink);
        await using var second = await StagedoorApp.JoinAsync(first, [.. database.Settings]);
        using var known = await first.Admin.GetAsync("/v3/projects", Cancellation);
        link.Cut();
        using var refused = await first.Admin.GetAsync("/v2/manage/namespaces", Cancellation);
        link.Mend();

        Assert.InRange((int)refused.StatusCode, 500, 503);
        var path = $"/v1/why/{refused.Headers.GetValues("X-Request-Id").Single()}";
        JsonElement refusal = default;
        await Eventually.TrueAsync("the replica that saw it writes it down", TimeSpan.FromSeconds(30), async () =>
        {
            using var answer = await second.Admin.GetAsync(path, Cancellation);
            refusal = answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("refusals")[0] : default;
            return answer.IsSuccessStatusCode;
        });
        Assert.Equal("storage", refusal.GetProperty("refused_by").GetString());
        var facts = refusal.GetProperty("steps").EnumerateArray().Last().GetProperty("facts").ToString();
        Assert.Contains("database (postgresql)", facts, StringComparison.Ordinal);
        Assert.Contains("cannot be reached", facts, StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> AtOtherPortAsync(Refusals refusals, string path)
    {
        var port = refusals.App.Services.GetRequiredService<BoundListeners>().Others.First(static o => o.Listener.Setting is "Tracing:OtlpHttpListen").Address;
        return refusals.App.Anonymous.GetAsync(new Uri(port.TrimEnd('/') + path), Cancellation);
    }

    private static async Task<string> ProjectIdAsync(Refusals refusals)
    {
        var projects = await refusals.App.Admin.GetFromJsonAsync<JsonElement>($"/v3/projects?name={refusals.App.FirstRun.Project}", Cancellation);
        return projects.GetProperty("projects")[0].GetProperty("id").GetString()!;
    }

    private static async Task<HttpResponseMessage> SignedPostAsync(Refusals refusals, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await refusals.App.Admin.PostAsync(path, content, Cancellation);
    }
}
