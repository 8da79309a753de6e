using System.Globalization;
using System.Net;
using System.Text.Json;
using Stagedoor.Testing;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Tests.Otlp;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>Which error codes are new since the version before.</summary>
public sealed class ErrorsTests : TraceService
{
    private const string Known = "SVCSTG.SWR.4040058";
    private const string Other = "SVCSTG.CSE.500500";

    protected override IEnumerable<(string Key, string Value)> Settings => [("Tracing:ErrorCodes:0", "ORDER-*"), ("Tracing:ErrorCodes:1", "PaymentRefused")];

    [Fact]
    public async Task A_code_that_the_version_before_did_not_have_is_told_with_a_trace()
    {
        await SendAsync(Of(Version("cart", "1.0"), Failed(1, Known, 600), Span(2, 1, secondsAgo: 590)));
        await SendAsync(Of(Version("cart", "1.1"), Failed(3, Known, 60), Failed(4, Other, 50), Failed(5, Other, 40)));
        await SendAsync(Of(Version("billing", "7"), Failed(6, Other, 30)));

        var error = Assert.Single(await ErrorsAsync(""));

        Assert.Equal(Other, Text(error, "code"));
        Assert.Equal("cart", Text(error, "application"));
        Assert.Equal("default", Text(error, "monitorGroup"));
        Assert.Equal(["1.1"], error.GetProperty("versions").EnumerateArray().Select(static v => v.GetString()));
        Assert.Equal("1.0", Text(error, "previousVersion"));
        Assert.Equal(2, error.GetProperty("occurrences").GetInt64());
        Assert.Equal($"/errors/{Other}", Text(error, "help"));
        Assert.True(error.GetProperty("firstSeen").GetInt64() < error.GetProperty("lastSeen").GetInt64());
        var spans = await QueryAsync($"ats/spans?traceId={Text(error, "traceId")}");
        Assert.Contains("cart", spans.GetRawText(), StringComparison.Ordinal);
        using var page = await App.Anonymous.GetAsync(Text(error, "help"), Cancellation);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    [Fact]
    public async Task What_was_there_before_is_told_when_it_is_asked_for()
    {
        await SendAsync(Of(Version("cart", "1.0"), Failed(1, Known, 600)));
        await SendAsync(Of(Version("cart", "1.1"), Failed(2, Known, 60), Failed(3, Other, 50)));
        await SendAsync(Of(Version("cart", "1.2"), Span(4, 1, secondsAgo: 5)));

        Assert.Empty(await ErrorsAsync(""));
        Assert.Equal([Other], Codes(await ErrorsAsync("since=1.0")));
        Assert.Empty(await ErrorsAsync("since=1.1"));
        Assert.Empty(await ErrorsAsync("since=9.9"));
        Assert.Equal([Other, Known], Codes(await ErrorsAsync("since=1.0&state=all")));
        Assert.Equal([Known], Codes(await ErrorsAsync($"since=1.0&state=all&code={Known}")));
        Assert.Equal([Other], Codes(await ErrorsAsync("since=1.0&state=all&limit=1")));
        Assert.Empty(await ErrorsAsync("since=1.0&state=all&application=other"));
        Assert.Empty(await ErrorsAsync("since=1.0&state=all&monitorGroup=other"));
    }

    [Fact]
    public async Task A_time_parts_what_is_new_from_what_was_there()
    {
        await SendAsync(Of(Version("cart", ""), Failed(1, Known, 7300)));
        await SendAsync(Of(Version("cart", ""), Failed(2, Known, 60), Failed(3, Other, 50)));

        var error = Assert.Single(await ErrorsAsync(string.Create(CultureInfo.InvariantCulture, $"since={(Now / 1_000_000) - 3_600_000}")));

        Assert.Equal(Other, Text(error, "code"));
    }

    [Fact]
    public async Task Codes_are_found_where_services_write_them()
    {
        await SendAsync(Of(Version("cart", "1"), Span(1, 1, secondsAgo: 900)));
        await SendAsync(Of(
            Version("cart", "2"),
            Span(2, 1, secondsAgo: 90).Inner(9, Message.Pair("error.code", "ORDER-17")),
            Span(3, 1, secondsAgo: 80).Inner(15, new Message().Text(2, "refused: PaymentRefused, ask the bank (400012)").Number(3, (ulong)SpanStatus.Error)),
            Span(4, 1, secondsAgo: 70).Inner(15, new Message().Number(3, (ulong)SpanStatus.Error))
                .Inner(11, new Message().Text(2, "exception").Inner(3, Message.Pair("exception.message", "SVCSTG.SWR.4040058: no. (ORDER-3)"))),
            // Of what did not fail no text is looked through, and a number in a text is none.
            Span(5, 1, secondsAgo: 60).Inner(15, new Message().Text(2, "ORDER-4")),
            Span(6, 1, secondsAgo: 50).Inner(15, new Message().Text(2, "took 400012 ms").Number(3, (ulong)SpanStatus.Error)),
            Span(7, 1, secondsAgo: 40).Inner(9, Message.Pair("error.type", "500")),
            Span(8, 1, secondsAgo: 30).Inner(9, Message.Pair("error.code", "ORDER-bad code"))));

        Assert.Equal(["SVCSTG.SWR.4040058", "PaymentRefused", "ORDER-17"], Codes(await ErrorsAsync("")));
    }

    [Fact]
    public async Task Odd_names_and_long_ones_harm_nothing()
    {
        var name = new string('v', 3000) + "\0\u202e";
        await SendAsync(Of([("service.name", name), ("service.namespace", name), ("service.version", "\0a")], Span(1, 1, secondsAgo: 90)));
        await SendAsync(Of([("service.name", name), ("service.namespace", name), ("service.version", name)], Failed(2, Known, 60)));

        Assert.Equal([Known], Codes(await ErrorsAsync("")));
    }

    [Theory]
    [InlineData("state=old")]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("since=1&since=2")]
    public async Task A_bad_parameter_is_refused(string query) => Assert.Equal(
        "SVCSTG_AMS_4000001", Text(await QueryAsync($"atps/errors?{query}", HttpStatusCode.BadRequest), "errorCode"));

    [Fact]
    public async Task They_are_gone_when_their_spans_are()
    {
        await SendAsync(Of(Version("cart", "1"), Span(1, 1, secondsAgo: 90)));
        await SendAsync(Of(Version("cart", "2"), Failed(2, Known, 60)));
        Assert.Single(await ErrorsAsync(""));

        App.Clock.Advance(TimeSpan.FromDays(8));

        await Eventually.TrueAsync("the codes forgotten", TimeSpan.FromSeconds(30), async () =>
        {
            App.Clock.Advance(TimeSpan.FromMinutes(1));
            return (await ErrorsAsync("state=all")).Count == 0;
        });
    }

    [Fact]
    public async Task They_are_kept_over_a_restart()
    {
        await SendAsync(Of(Version("cart", "1"), Failed(1, Known, 90)));
        await App.RestartAsync();
        await SendAsync(Of(Version("cart", "2"), Failed(2, Known, 60), Failed(3, Other, 50)));

        Assert.Equal([Other], Codes(await ErrorsAsync("")));
    }

    private static (string Key, string Value)[] Version(string service, string version) =>
        version.Length == 0 ? [("service.name", service)] : [("service.name", service), ("service.version", version)];

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static IEnumerable<string?> Codes(IEnumerable<JsonElement> errors) => errors.Select(static e => Text(e, "code"));

    private Message Failed(byte trace, string code, double secondsAgo) => Span(trace, 1, secondsAgo: secondsAgo).Inner(9, Message.Pair("error.type", code));

    private async Task<IReadOnlyList<JsonElement>> ErrorsAsync(string query)
    {
        var info = (await QueryAsync($"atps/errors?{query}")).GetProperty("responseInfo");
        return [.. info.GetProperty("errors").EnumerateArray()];
    }
}
