using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Instances;

public sealed class InstanceTests(Engine engine) : IClassFixture<Engine>
{
    public static TheoryData<string> Bad => new(
        """{"endpoints":["rest://a:1"]}""",
        """{"hostName":" "}""",
        $$"""{"hostName":"{{new string('h', 65)}}"}""",
        """{"hostName":"h","endpoints":[" "]}""",
        """{"hostName":"h","instanceId":"a b"}""",
        $$"""{"hostName":"h","instanceId":"{{new string('i', 65)}}"}""",
        """{"hostName":"h","status":"SLEEPING"}""",
        """{"hostName":"h","healthCheck":{"mode":"guess"}}""",
        """{"hostName":"h","healthCheck":{"mode":"push","interval":0}}""",
        """{"hostName":"h","healthCheck":{"mode":"push","times":-1}}""",
        """{"hostName":"h","healthCheck":{"mode":"push","interval":2147483647,"times":3}}""",
        """{"hostName":"h","healthCheck":{"mode":"push","port":65536}}""",
        """{"hostName":"h","healthCheck":{"mode":"push","url":"a b"}}""",
        """{"hostName":"h","dataCenterInfo":{"name":"dc","region":"r"}}""",
        """{"hostName":7}""");

    public static TheoryData<string> Good => new(
        $$"""{"hostName":"{{new string('h', 64)}}"}""",
        $$"""{"hostName":"{{string.Concat(Enumerable.Repeat("😀", 64))}}"}""",
        $$"""{"hostName":"h","instanceId":"{{new string('i', 64)}}"}""",
        """{"hostName":"h","endpoints":[]}""",
        """{"hostName":"h","healthCheck":{"mode":"push","interval":30,"times":0,"port":65535}}""",
        """{"hostName":"h","dataCenterInfo":{"name":"dc","region":"r","availableZone":"z"}}""",
        """{"HOSTNAME":"h","statusReady":true,"properties":null,"healthCheck":null}""");

    [Fact]
    public async Task What_is_left_out_gets_its_default()
    {
        var app = engine.NewName();
        var service = await engine.RegisterAsync(app, "stock", "1.2");

        var id = await engine.AddInstanceAsync(service);

        var instance = (await engine.GetAsync($"/microservices/{service}/instances/{id}")).GetProperty("instance");
        Assert.Equal("UP", instance.GetProperty("status").GetString());
        Assert.Equal("1.2", instance.GetProperty("version").GetString());
        Assert.Equal(service, instance.GetProperty("serviceId").GetString());
        Assert.Equal("""{"mode":"push","interval":30,"times":3}""", instance.GetProperty("healthCheck").GetRawText());
        Assert.Matches("^[0-9]{10}$", instance.GetProperty("timestamp").GetString());
        Assert.False(instance.TryGetProperty("properties", out _));
    }

    [Theory]
    [MemberData(nameof(Bad))]
    [Provokes("400001")]
    public async Task A_malformed_instance_is_refused(string instance)
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");

        using var response = await engine.SendAsync(HttpMethod.Post, $"/microservices/{service}/instances", $$"""{"instance":{{instance}}}""");

        await response.ShouldFailAsync(400, "400001");
    }

    [Theory]
    [MemberData(nameof(Good))]
    public async Task What_just_fits_is_taken(string instance)
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");

        using var response = await engine.SendAsync(HttpMethod.Post, $"/microservices/{service}/instances", $$"""{"instance":{{instance}}}""");

        await Engine.OkAsync(response);
    }

    [Fact]
    [Provokes("400001")]
    public async Task Five_kibibytes_are_enough_for_an_instance()
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");
        string Body(int length)
        {
            const string Start = "{\"instance\":{\"hostName\":\"h\",\"properties\":{\"p\":\"";
            return Start + new string('x', length - Start.Length - 4) + "\"}}}";
        }

        using var fits = await engine.SendAsync(HttpMethod.Post, $"/microservices/{service}/instances", Body(5 * 1024));
        using var tooLarge = await engine.SendAsync(HttpMethod.Post, $"/microservices/{service}/instances", Body((5 * 1024) + 1));

        await Engine.OkAsync(fits);
        await tooLarge.ShouldFailAsync(400, "400001");
    }

    [Fact]
    [Provokes("400001")]
    public async Task Three_kibibytes_are_enough_for_properties()
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");
        var id = await engine.AddInstanceAsync(service);
        string Body(int length) => $$$"""{"properties":{"p":"{{{new string('x', length - 23)}}}"}}""";

        using var fits = await engine.SendAsync(HttpMethod.Put, $"/microservices/{service}/instances/{id}/properties", Body(3 * 1024));
        using var tooLarge = await engine.SendAsync(HttpMethod.Put, $"/microservices/{service}/instances/{id}/properties", Body((3 * 1024) + 1));

        await Engine.OkAsync(fits);
        await tooLarge.ShouldFailAsync(400, "400001");
    }

    [Fact]
    [Provokes("400001")]
    public async Task Without_an_instance_there_is_nothing_to_register()
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");

        using var response = await engine.SendAsync(HttpMethod.Post, $"/microservices/{service}/instances", """{"instance":null}""");

        Assert.Equal("instance: required", (await ReadAsync(response)).GetProperty("detail").GetString());
        await response.ShouldFailAsync(400, "400001");
    }

    [Fact]
    [Provokes("400012")]
    public async Task An_instance_needs_its_microservice()
    {
        using var response = await engine.SendAsync(HttpMethod.Post, "/microservices/none/instances", """{"instance":{"hostName":"h"}}""");

        await response.ShouldFailAsync(400, "400012");
    }

    [Theory]
    [InlineData("STARTING", "UP", "UP")]
    [InlineData("DOWN", "UP", "UP")]
    [InlineData("DOWN", null, "UP")]
    [InlineData("UP", "TESTING", "TESTING")]
    [InlineData("UP", "OUTOFSERVICE", "OUTOFSERVICE")]
    [InlineData("OUTOFSERVICE", "UP", "OUTOFSERVICE")]
    public async Task An_instance_that_comes_back_is_all_that_it_says_but_for_an_operators_word(string before, string? says, string after)
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");
        await engine.AddInstanceAsync(service, new { instanceId = "i1", status = before, properties = new { a = "b" }, hostName = "old" });

        await engine.AddInstanceAsync(service, new
        {
            instanceId = "i1",
            status = says,
            hostName = "new",
            endpoints = new[] { "rest://10.0.0.2:2" },
            dataCenterInfo = new { name = "dc", region = "r", availableZone = "z" },
            healthCheck = new { mode = "push", interval = 40, times = 4 },
        });

        var instance = (await engine.GetAsync($"/microservices/{service}/instances/i1")).GetProperty("instance");
        Assert.Equal((after, "new", "z"), (
            instance.GetProperty("status").GetString(),
            instance.GetProperty("hostName").GetString(),
            instance.GetProperty("dataCenterInfo").GetProperty("availableZone").GetString()));
        Assert.Equal("""["rest://10.0.0.2:2"]""", instance.GetProperty("endpoints").GetRawText());
        Assert.Equal(40, instance.GetProperty("healthCheck").GetProperty("interval").GetInt32());
        Assert.False(instance.TryGetProperty("properties", out _));
    }

    [Fact]
    public async Task The_same_id_twice_is_one_instance_with_the_newer_address()
    {
        var app = engine.NewName();
        var service = await engine.RegisterAsync(app, "stock");
        await engine.AddInstanceAsync(service, new { instanceId = "i1", endpoints = new[] { "rest://10.0.0.1:1" } });
        using var down = await engine.SendAsync(HttpMethod.Put, $"/microservices/{service}/instances/i1/status?value=OUTOFSERVICE");

        var again = await engine.AddInstanceAsync(service, new { instanceId = "i1", endpoints = new[] { "rest://10.0.0.1:2" }, status = "UP" });

        Assert.Equal("i1", again);
        var only = Assert.Single((await engine.GetAsync($"/microservices/{service}/instances")).GetProperty("instances").EnumerateArray());
        Assert.Equal("rest://10.0.0.1:2", only.GetProperty("endpoints")[0].GetString());
        Assert.Equal("OUTOFSERVICE", only.GetProperty("status").GetString());
    }

    [Fact]
    public async Task An_id_belongs_to_its_microservice()
    {
        var app = engine.NewName();
        var (first, second) = (await engine.RegisterAsync(app, "a"), await engine.RegisterAsync(app, "b"));

        await engine.AddInstanceAsync(first, new { instanceId = "i1" });
        await engine.AddInstanceAsync(second, new { instanceId = "i1" });
        using var deleted = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{first}/instances/i1");

        Assert.Empty(await engine.FoundAsync(app, "a"));
        Assert.Equal(["i1"], await engine.FoundAsync(app, "b"));
    }

    [Fact]
    public async Task Fifty_at_once_are_fifty()
    {
        var app = engine.NewName();
        var service = await engine.RegisterAsync(app, "stock");

        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => engine.AddInstanceAsync(service, new { instanceId = $"i{i % 25}", hostName = $"h{i}" })));

        Assert.Equal(25, (await engine.FoundAsync(app, "stock")).Count);
    }

    [Fact]
    [Provokes("400017")]
    public async Task A_deleted_instance_is_gone()
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");
        var id = await engine.AddInstanceAsync(service);

        using var deleted = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{service}/instances/{id}");
        using var again = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{service}/instances/{id}");
        using var shown = await engine.SendAsync(HttpMethod.Get, $"/microservices/{service}/instances/{id}");

        Assert.Equal((HttpStatusCode.OK, 0), (deleted.StatusCode, (int)deleted.Content.Headers.ContentLength!));
        await again.ShouldFailAsync(400, "400017");
        await shown.ShouldFailAsync(400, "400017");
    }

    [Fact]
    public async Task Properties_take_the_place_of_the_old_ones()
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");
        var id = await engine.AddInstanceAsync(service, new { properties = new { a = "1", b = "2" } });

        // As the Go client sends it: the whole instance.
        using var put = await engine.SendAsync(
            HttpMethod.Put, $"/microservices/{service}/instances/{id}/properties", """{"properties":{"c":"3"},"hostName":"other","status":"DOWN"}""");

        await Engine.OkAsync(put);
        var instance = (await engine.GetAsync($"/microservices/{service}/instances/{id}")).GetProperty("instance");
        Assert.Equal("""{"c":"3"}""", instance.GetProperty("properties").GetRawText());
        Assert.Equal(("h1", "UP"), (instance.GetProperty("hostName").GetString(), instance.GetProperty("status").GetString()));
    }

    [Theory]
    [InlineData("UP")]
    [InlineData("DOWN")]
    [InlineData("STARTING")]
    [InlineData("TESTING")]
    [InlineData("OUTOFSERVICE")]
    public async Task Every_status_can_be_set(string status)
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");
        var id = await engine.AddInstanceAsync(service, new { status = "TESTING" });

        using var put = await engine.SendAsync(HttpMethod.Put, $"/microservices/{service}/instances/{id}/status?value={status}");

        await Engine.OkAsync(put);
        Assert.Equal(status, (await engine.GetAsync($"/microservices/{service}/instances/{id}")).GetProperty("instance").GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("status?value=UNKNOWN", null, "400001")]
    [InlineData("status", null, "400001")]
    [InlineData("properties", "[]", "400001")]
    [InlineData("properties", """{"properties":{"a":1}}""", "400001")]
    [Provokes("400001")]
    public async Task A_bad_change_is_refused(string path, string? body, string code)
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");
        var id = await engine.AddInstanceAsync(service);

        using var response = await engine.SendAsync(HttpMethod.Put, $"/microservices/{service}/instances/{id}/{path}", body);

        await response.ShouldFailAsync(400, code);
    }

    [Theory]
    [InlineData("status?value=UP", null)]
    [InlineData("properties", "{}")]
    [InlineData("heartbeat", null)]
    [Provokes("400017")]
    public async Task An_unknown_instance_cannot_be_changed(string path, string? body)
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");

        using var response = await engine.SendAsync(HttpMethod.Put, $"/microservices/{service}/instances/none/{path}", body);
        using var unknown = await engine.SendAsync(HttpMethod.Put, $"/microservices/none/instances/none/{path}", body);

        await response.ShouldFailAsync(400, "400017");
        await unknown.ShouldFailAsync(400, "400017");
    }

    [Fact]
    public async Task A_rack_is_taken_down_by_its_properties()
    {
        var app = engine.NewName();
        var service = await engine.RegisterAsync(app, "stock");
        await engine.AddInstanceAsync(service, new { instanceId = "a", properties = new { rack = app, row = "1" } });
        await engine.AddInstanceAsync(service, new { instanceId = "b", properties = new { rack = app, row = "2" } });

        using var put = await engine.SendAsync(
            HttpMethod.Put, "/instances/status", $$$"""{"matches":{"properties":{"rack":"{{{app}}}","row":"1"}},"status":"DOWN"}""");

        await Engine.OkAsync(put);
        var states = (await engine.GetAsync($"/microservices/{service}/instances")).GetProperty("instances").EnumerateArray()
            .ToDictionary(static i => i.GetProperty("instanceId").GetString()!, static i => i.GetProperty("status").GetString());
        Assert.Equal(("DOWN", "UP"), (states["a"], states["b"]));
    }

    [Theory]
    [InlineData("""{"matches":{},"status":"DOWN"}""")]
    [InlineData("""{"matches":{"properties":{"a":"b"}},"status":"NO"}""")]
    [Provokes("400001")]
    public async Task A_status_for_nobody_or_of_no_kind_is_refused(string body)
    {
        using var response = await engine.SendAsync(HttpMethod.Put, "/instances/status", body);

        await response.ShouldFailAsync(400, "400001");
    }

    [Fact]
    public async Task A_set_of_heartbeats_tells_good_from_bad()
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");
        var id = await engine.AddInstanceAsync(service);

        using var response = await engine.Client.PutAsJsonAsync(
            $"{Engine.Base}/heartbeats",
            new { instances = new[] { new { serviceId = service, instanceId = id }, new { serviceId = service, instanceId = "none" }, new { serviceId = service, instanceId = id } } },
            Engine.Cancellation);

        var rows = (await Engine.OkAsync(response)).GetProperty("instances").EnumerateArray().ToList();
        Assert.Equal(2, rows.Count);
        Assert.False(rows[0].TryGetProperty("errMessage", out _));
        Assert.Equal("Instance does not exist", rows[1].GetProperty("errMessage").GetString());
    }

    [Theory]
    [InlineData("""{"instances":[]}""")]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("""{"instances":[null]}""")]
    [Provokes("400001")]
    public async Task A_set_of_no_heartbeats_is_refused(string body)
    {
        using var response = await engine.SendAsync(HttpMethod.Put, "/heartbeats", body);

        await response.ShouldFailAsync(400, "400001");
    }

    [Fact]
    public async Task A_heartbeat_is_answered_without_a_body()
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");
        var id = await engine.AddInstanceAsync(service);

        using var response = await engine.HeartbeatAsync(service, id);

        Assert.Equal((HttpStatusCode.OK, 0L), (response.StatusCode, response.Content.Headers.ContentLength));
    }

    [Fact]
    [Provokes("400012")]
    public async Task Instances_are_listed_with_their_revision()
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");
        var id = await engine.AddInstanceAsync(service);
        using var first = await engine.SendAsync(HttpMethod.Get, $"/microservices/{service}/instances?rev=");
        var revision = first.Headers.GetValues("X-Resource-Revision").Single();

        using var same = await engine.SendAsync(HttpMethod.Get, $"/microservices/{service}/instances?rev={revision}");
        using var unknown = await engine.SendAsync(HttpMethod.Get, "/microservices/none/instances");

        Assert.Equal(id, (await ReadAsync(first)).GetProperty("instances")[0].GetProperty("instanceId").GetString());
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        await unknown.ShouldFailAsync(400, "400012");
    }

    [Fact]
    [Provokes("400012")]
    [Provokes("400017")]
    public async Task An_instance_that_a_consumer_may_not_see_is_not_there()
    {
        var (app, other) = (engine.NewName(), engine.NewName());
        var service = await engine.RegisterAsync(app, "stock");
        var id = await engine.AddInstanceAsync(service);
        var stranger = await engine.RegisterAsync(other, "order");

        using var hidden = await ShowAsync(service, id, stranger);
        using var unknown = await ShowAsync(service, id, "none");

        await hidden.ShouldFailAsync(400, "400017");
        await unknown.ShouldFailAsync(400, "400012");
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response) => await response.Content.ReadFromJsonAsync<JsonElement>(Engine.Cancellation);

    private async Task<HttpResponseMessage> ShowAsync(string service, string instance, string consumer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Engine.Base}/microservices/{service}/instances/{instance}");
        request.Headers.Add("X-ConsumerId", consumer);
        return await engine.Client.SendAsync(request, Engine.Cancellation);
    }
}
