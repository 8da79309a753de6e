using System.Globalization;
using System.Text.Json;
using Stagedoor.Discovery.Finding;
using Stagedoor.Discovery.Instances;
using Stagedoor.Discovery.Microservices;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Requests;

/// <summary>Every operation that takes a list takes so much of it and no more, and says how much.</summary>
public sealed class BoundsTests(BoundsTests.Fixture installation) : IClassFixture<BoundsTests.Fixture>
{
    private const string Batch = "/instances/action?type=query";

    private RegistryClient Registry => installation.Registry;

    [Fact]
    [Provokes("400001")]
    public async Task A_batch_asks_for_a_thousand_things()
    {
        var name = Installation.NewName();
        await Registry.RegisterAsync(name);

        await Registry.CallAsync(HttpMethod.Post, Batch, Questions(name, 1_000));
        await ShouldNameAsync("1000", "services and instances", HttpMethod.Post, Batch, Questions(name, 1_001));
    }

    [Fact]
    public async Task The_answer_to_a_batch_is_at_most_32_MiB_and_whole()
    {
        var (name, length) = await LargeProviderAsync();
        var most = (int)(BatchSearch.MaxAnswer / (length + 64));

        var answer = await Registry.CallAsync(HttpMethod.Post, Batch, Questions(name, most));
        var updated = answer.GetProperty("services").GetProperty("updated");
        Assert.Equal(Enumerable.Range(0, most), updated.EnumerateArray().Select(static u => u.GetProperty("index").GetInt32()));
        Assert.All(updated.EnumerateArray(), static u => Assert.Equal(20, u.GetProperty("instances").GetArrayLength()));
        await ShouldNameAsync(BatchSearch.MaxAnswer.ToString(CultureInfo.InvariantCulture), "services and instances", HttpMethod.Post, Batch, Questions(name, most + 1));
    }

    [Fact]
    public async Task What_the_asker_has_costs_no_answer()
    {
        var (name, _) = await LargeProviderAsync();
        using var found = await Registry.FindAsync(name);
        var rev = found.Headers.GetValues("X-Resource-Revision").Single();

        var answer = await Registry.CallAsync(
            HttpMethod.Post, Batch, new { services = Enumerable.Repeat(new { service = new { appId = "default", serviceName = name, version = "0+" }, rev }, 1_000) });

        Assert.Equal(1_000, answer.GetProperty("services").GetProperty("notModified").GetArrayLength());
    }

    [Fact]
    public async Task Sixteen_versions_of_one_name_are_asked_for_at_once()
    {
        var name = Installation.NewName();
        await Registry.RegisterAsync(name);

        await Registry.CallAsync(HttpMethod.Post, Batch, Versions(16));
        await ShouldNameAsync("16", "services", HttpMethod.Post, Batch, Versions(17));

        object Versions(int count) => new
        {
            services = Enumerable.Range(0, count).Select(i => new { service = new { appId = "default", serviceName = name, version = $"0.{i}+" } }),
        };
    }

    [Fact]
    public async Task Ten_thousand_heartbeats_come_at_once()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        await Registry.RegisterInstanceAsync(id, instanceId: "i0");

        var answer = await Registry.CallAsync(HttpMethod.Put, "/heartbeats", Beats(HeartbeatSet.MaxInstances));
        await ShouldNameAsync("10000", "instances", HttpMethod.Put, "/heartbeats", Beats(HeartbeatSet.MaxInstances + 1));

        var failed = answer.GetProperty("instances").EnumerateArray().Where(static i => i.TryGetProperty("errMessage", out _)).ToList();
        Assert.Equal(HeartbeatSet.MaxInstances - 1, failed.Count);

        object Beats(int count) => new { instances = Enumerable.Range(0, count).Select(i => new { serviceId = id, instanceId = $"i{i}" }) };
    }

    [Fact]
    public async Task A_registration_brings_a_hundred_instances()
    {
        await Registry.CallAsync(HttpMethod.Post, "/microservices", With(RegisterMicroservice.MaxInstances));
        await ShouldNameAsync("100", "instances", HttpMethod.Post, "/microservices", With(RegisterMicroservice.MaxInstances + 1));

        static object With(int count) => new
        {
            service = new { serviceName = Installation.NewName() },
            instances = Enumerable.Range(0, count).Select(static i => new { hostName = "h", instanceId = $"i{i}" }),
        };
    }

    [Theory]
    [InlineData("/microservices")]
    [InlineData("/microservices/{id}/instances")]
    public async Task An_instance_has_five_kilobytes_whichever_way_it_comes(string path)
    {
        var id = await Registry.RegisterAsync(Installation.NewName());

        await Registry.CallAsync(HttpMethod.Post, path.Replace("{id}", id, StringComparison.Ordinal), With(4_900));
        await ShouldNameAsync("5120", "", HttpMethod.Post, path.Replace("{id}", id, StringComparison.Ordinal), With(5_200));

        object With(int size)
        {
            var instance = new { hostName = "h", properties = new Dictionary<string, string> { ["p"] = new('x', size) } };
            return path.EndsWith("instances", StringComparison.Ordinal)
                ? new { instance }
                : new { service = new { serviceName = Installation.NewName() }, instances = new[] { instance } };
        }
    }

    [Fact]
    public async Task Properties_of_an_instance_have_three_kilobytes()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        await Registry.RegisterInstanceAsync(id, instanceId: "i1");
        var path = $"/microservices/{id}/instances/i1/properties";

        await Registry.CallAsync(HttpMethod.Put, path, With(2_900));
        await ShouldNameAsync("3072", "body", HttpMethod.Put, path, With(3_100));

        static object With(int size) => new { properties = new Dictionary<string, string> { ["p"] = new('x', size) } };
    }

    [Theory]
    [InlineData("/microservices")]
    [InlineData("/instances/action?type=query")]
    [InlineData("/microservices/any/schemas")]
    [InlineData("/dependencies")]
    public async Task Every_other_body_has_two_megabytes(string path)
    {
        var detail = await ShouldNameAsync("2097152", "body", HttpMethod.Post, path, $$"""{"filler":"{{new string('x', 2 * 1024 * 1024)}}"}""");

        Assert.Contains("2097165", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sixty_four_properties_are_matched_at_once()
    {
        await Registry.CallAsync(HttpMethod.Put, "/instances/status", Matching(64));
        await ShouldNameAsync("64", "matches.properties", HttpMethod.Put, "/instances/status", Matching(65));

        static object Matching(int count) => new
        {
            matches = new { properties = Enumerable.Range(0, count).ToDictionary(static i => $"p{i}", static _ => "v") },
            status = "DOWN",
        };
    }

    [Fact]
    public async Task A_hundred_rules_tags_dependencies_and_deletions_come_at_once()
    {
        var name = Installation.NewName();
        var id = await Registry.RegisterAsync(name);

        await ShouldTakeAsync("rules", HttpMethod.Post, $"/microservices/{id}/rules", static count => new
        {
            rules = Enumerable.Range(0, count).Select(static i => new { ruleType = "BLACK", attribute = "AppId", pattern = $"a{i}" }),
        });
        await ShouldTakeAsync("tags", HttpMethod.Post, $"/microservices/{id}/tags", static count => new
        {
            tags = Enumerable.Range(0, count).ToDictionary(static i => $"t{i}", static _ => "v"),
        });
        await ShouldTakeAsync("serviceIds", HttpMethod.Delete, "/microservices", static count => new
        {
            serviceIds = Enumerable.Range(0, count).Select(static i => $"nobody-{i}"),
        });
        await ShouldNameAsync("100", "dependencies", HttpMethod.Post, "/dependencies", new
        {
            dependencies = Enumerable.Repeat(new { consumer = new { appId = "default", serviceName = name, version = "1.0.0" } }, 101),
        });
    }

    private static object Questions(string name, int count) =>
        new { services = Enumerable.Repeat(new { service = new { appId = "default", serviceName = name, version = "0+" } }, count) };

    private async Task ShouldTakeAsync(string member, HttpMethod method, string path, Func<int, object> body)
    {
        await Registry.CallAsync(method, path, body(100));
        await ShouldNameAsync("100", member, method, path, body(101));
    }

    /// <summary>The refusal names the limit and what was too much.</summary>
    private async Task<string> ShouldNameAsync(string limit, string member, HttpMethod method, string path, object body)
    {
        var detail = await Registry.RefusedAsync("400001", method, path, body);
        Assert.Contains(limit, detail, StringComparison.Ordinal);
        Assert.Contains(member, detail, StringComparison.Ordinal);
        return detail;
    }

    /// <summary>A provider of 20 instances with 4.5 KB each, and how long the list of them is.</summary>
    private async Task<(string Name, int Length)> LargeProviderAsync()
    {
        var name = Installation.NewName();
        var id = await Registry.RegisterAsync(name);
        for (var i = 0; i < 20; i++)
        {
            await Registry.RegisterInstanceAsync(id, instanceId: $"i{i}", properties: new Dictionary<string, string> { ["filler"] = new('x', 4_500) });
        }

        using var found = await Registry.FindAsync(name);
        var answer = await found.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var list = JsonSerializer.Deserialize<JsonElement>(answer).GetProperty("instances").EnumerateArray().Sum(static i => i.GetRawText().Length + 1);
        return (name, list + 2);
    }

    public sealed class Fixture : Installation
    {
        protected override IEnumerable<(string Key, string Value)> Settings => [("Discovery:Rules", "true")];
    }
}
