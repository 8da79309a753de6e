using System.Globalization;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Model.Topology;
using Stagedoor.Tracing.Spans;
using Xunit;

namespace Stagedoor.Tracing.Tests.Model;

#pragma warning disable CA5394 // Nobody has to guess what is tried.
public sealed class EdgePairingTests
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UnixEpoch.AddDays(20_000);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly ProjectModel _project = new("p");
    private EdgePairing _pairing = new(1000, s_patience);

    [Fact]
    public void A_trace_through_services_a_database_and_a_broker_is_five_edges()
    {
        Arrive(Shop(1));

        Assert.Equal(
            [
                "DATABASE:postgresql/db", "MQ:kafka/orders", "MQ:kafka/orders -MQ> g/billing 1/0 10", "USER:user", "USER:user -HTTP> g/gateway 1/0 90",
                "g/billing 1/0 10", "g/cart -DATABASE> DATABASE:postgresql/db 1/0 20", "g/cart -MQ> MQ:kafka/orders 1/0 5", "g/cart 1/0 60", "g/gateway -HTTP> g/cart 1/0 70", "g/gateway 1/0 90",
            ],
            Result());
    }

    [Fact]
    public void The_order_and_the_requests_that_spans_come_in_do_not_matter()
    {
        ArrivedSpan[] spans = [.. Enumerable.Range(1, 20).SelectMany(i => Shop(i, failed: i % 5 == 0))];
        Arrive(spans);
        var expected = Result();

        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var shuffled = spans.ToArray();
            random.Shuffle(shuffled);
            var other = new EdgePairingTests();
            foreach (var request in shuffled.Chunk(random.Next(1, 30)))
            {
                other.Arrive(request);
            }

            Assert.Equal(expected, other.Result());
        }
    }

    [Fact]
    public void A_call_failed_when_either_half_says_so()
    {
        Arrive(Call(1, "a", 1, 0, SpanKind.Client, 7), Call(1, "b", 2, 1, SpanKind.Server, 5, failed: true));
        Arrive(Call(2, "a", 1, 0, SpanKind.Client, 7, failed: true), Call(2, "b", 2, 1, SpanKind.Server, 5));

        Assert.Equal(["g/a -HTTP> g/b 2/2 14", "g/a 2/1 14", "g/b 2/1 10"], Result());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_the_callers_own_span_the_one_around_it_calls(bool isLater)
    {
        var (around, served) = (Call(1, "a", 1, 9, SpanKind.Internal, 50), Call(1, "b", 2, 1, SpanKind.Server, 5));
        Arrive(isLater ? served : around);
        Arrive(isLater ? around : served);

        Assert.Equal(["g/a -HTTP> g/b 1/0 5", "g/a 1/0 50", "g/b 1/0 5"], Result());
    }

    [Fact]
    public void Whose_caller_never_comes_is_called_by_what_it_names_or_by_nobody()
    {
        Arrive(Call(1, "b", 2, 1, SpanKind.Server, 5), Call(2, "b", 2, 1, SpanKind.Server, 5, remote: "Old-System"), Call(3, "b", 2, 1, SpanKind.Server, 5, remote: "B"));

        Assert.Equal(["EXTERNAL:Old-System", "EXTERNAL:Old-System -HTTP> g/b 1/0 5", "g/b -HTTP> g/b 1/0 5", "g/b 3/0 15"], Result());
    }

    [Fact]
    public void What_nobody_answered_for_goes_to_the_service_or_the_place_of_that_name()
    {
        Arrive(
            Call(1, "a", 1, 9, SpanKind.Client, 5, remote: "B"),
            Call(2, "a", 1, 9, SpanKind.Client, 5, remote: "api.example:443"),
            Call(3, "a", 1, 9, SpanKind.Client, 5),
            Call(4, "b", 1, 0, SpanKind.Server, 1));

        Assert.Equal(
            ["EXTERNAL:api.example:443", "USER:user", "USER:user -HTTP> g/b 1/0 1", "g/a -HTTP> EXTERNAL:api.example:443 1/0 5", "g/a -HTTP> g/b 1/0 5", "g/a 3/0 15", "g/b 1/0 1"],
            Result());
        Assert.Equal(1, _pairing.Unpaired);
    }

    [Fact]
    public void A_half_that_is_late_is_counted_on_its_node_alone()
    {
        Arrive(Call(1, "a", 1, 0, SpanKind.Client, 7, remote: "far"));
        _pairing.Expire(s_now + s_patience);
        Arrive(Call(1, "b", 2, 1, SpanKind.Server, 5));

        Assert.Equal(["EXTERNAL:far", "g/a -HTTP> EXTERNAL:far 1/0 7", "g/a 1/0 7", "g/b 1/0 5"], Result());
        Assert.Equal(1, _pairing.LatePairs);
    }

    [Fact]
    public void A_service_that_calls_itself_has_an_edge_when_another_instance_answers()
    {
        Arrive(Call(1, "a", 1, 9, SpanKind.Client, 7), Call(1, "a", 2, 1, SpanKind.Server, 5));
        Assert.Equal(["g/a 2/0 12"], Result());

        Arrive(Call(2, "a", 1, 9, SpanKind.Client, 7), Call(2, "a", 2, 1, SpanKind.Server, 5, instance: "other"));
        Assert.Equal(["g/a -HTTP> g/a 1/0 7", "g/a 2/0 12"], Result());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Both_halves_of_a_shared_span_are_one_call(bool isServerFirst)
    {
        var client = Call(1, "a", 5, 1, SpanKind.Client, 7);
        var server = Call(1, "b", 5, 1, SpanKind.Server, 5);
        server.MayBeShared = true;
        Arrive(Call(1, "a", 1, 0, SpanKind.Server, 9));
        Arrive(isServerFirst ? server : client);
        Arrive(isServerFirst ? client : server);
        Arrive(Call(1, "b", 6, 5, SpanKind.Internal, 3));

        Assert.Equal(["USER:user", "USER:user -HTTP> g/a 1/0 9", "g/a -HTTP> g/b 1/0 7", "g/a 1/0 9", "g/b 1/0 5"], Result());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_may_be_shared_and_is_not_is_a_call_of_its_parent(bool isServerFirst)
    {
        var client = Call(1, "a", 5, 1, SpanKind.Client, 7);
        var server = Call(1, "b", 6, 5, SpanKind.Server, 5);
        server.MayBeShared = true;
        Arrive(isServerFirst ? server : client);
        Arrive(isServerFirst ? client : server);
        Assert.Equal(["g/a -HTTP> g/b 1/0 7", "g/a 1/0 7", "g/b 1/0 5"], Result());

        server = Call(2, "b", 6, 1, SpanKind.Server, 5);
        server.MayBeShared = true;
        Arrive(isServerFirst ? server : Call(2, "a", 1, 0, SpanKind.Server, 9));
        Arrive(isServerFirst ? Call(2, "a", 1, 0, SpanKind.Server, 9) : server);
        Assert.Equal(["USER:user", "USER:user -HTTP> g/a 1/0 9", "g/a -HTTP> g/b 1/0 5", "g/a 1/0 9", "g/b 1/0 5"], Result());
    }

    [Fact]
    public void What_has_a_parent_of_another_process_or_none_that_comes_is_an_entry()
    {
        Arrive(Call(1, "a", 1, 0, SpanKind.Server, 9), Call(1, "a", 2, 1, SpanKind.Internal, 3), Call(1, "a", 3, 1, SpanKind.Internal, 3, instance: "other"), Call(1, "a", 4, 99, SpanKind.Internal, 1));

        Assert.Equal(["USER:user", "USER:user -HTTP> g/a 1/0 9", "g/a 3/0 13"], Result());
    }

    [Fact]
    public void When_no_more_can_wait_a_call_counts_by_itself()
    {
        _pairing = new(2, s_patience);
        Arrive(
            Call(1, "a", 1, 0, SpanKind.Client, 1, remote: "x"), Call(2, "a", 1, 0, SpanKind.Client, 1, remote: "x"), Call(3, "a", 1, 0, SpanKind.Client, 1, remote: "x"),
            Call(3, "b", 2, 1, SpanKind.Server, 1));

        Assert.Equal(2, _pairing.Pending);
        Assert.Equal(["EXTERNAL:x", "g/a -HTTP> EXTERNAL:x 3/0 3", "g/a 3/0 3", "g/b 1/0 1"], Result());
        Assert.Equal(0, _pairing.Pending);
    }

    [Fact]
    public void Those_that_have_met_are_not_kept_behind_one_that_waits()
    {
        _pairing = new(10, s_patience);
        Arrive(Call(1, "a", 1, 0, SpanKind.Client, 1, remote: "x"));
        for (var i = 2; i < 5_000; i++)
        {
            Arrive(Call(i, "a", 1, 0, SpanKind.Client, 1));
            Arrive(Call(i, "b", 2, 1, SpanKind.Server, 1));
        }

        Assert.Equal(1, _pairing.Pending);
        Assert.InRange(_pairing.Kept, 1, 1_100);
    }

    [Fact]
    public void Measures_are_read_as_they_were_written()
    {
        Arrive([.. Enumerable.Range(1, 50).SelectMany(i => Shop(i, failed: i % 7 == 0))]);
        _pairing.Expire(s_now + s_patience);
        foreach (var (_, measures) in _project.Take())
        {
            var writer = new AggregateWriter();
            measures.Write(writer);
            var graph = new Graph();
            var read = MinuteMeasures.Read(writer.Written.Span, graph);

            Assert.Equal(Lines(measures), Lines(read));
            Assert.All(Enumerable.Range(0, writer.Written.Length), length => Assert.ThrowsAny<InvalidDataException>(() => MinuteMeasures.Read(writer.Written.Span[..length], new())));
            read.Add(MinuteMeasures.Read(writer.Written.Span, graph));
            Assert.Equal(2 * measures.Nodes.Values.Sum(static r => r.Calls), read.Nodes.Values.Sum(static r => r.Calls));
        }
    }

    private static List<string> Lines(MinuteMeasures measures) =>
    [
        .. measures.Nodes.Select(static n => $"{n.Key.Id} {Line(n.Value)}")
            .Concat(measures.Edges.Select(static e => $"{e.Key.Source.Id} {e.Key.Type} {e.Key.Target.Id} {Line(e.Value)}"))
            .Concat(measures.Instances.Concat(measures.Transactions).Select(static i => $"{i.Key.Service.Id} {i.Key.Name} {Line(i.Value)}"))
            .Order(StringComparer.Ordinal),
    ];

    private static string Line(Red r) => string.Create(
        CultureInfo.InvariantCulture,
        $"{r.Calls} {r.Errors} {r.Sum} {r.Latencies.Max} {r.Latencies.Percentile(0.5)} {r.ByService} {r.ByTransaction} {r.Slowest} {r.Failed} {string.Join(',', r.Codes)}");

    private static IEnumerable<ArrivedSpan> Shop(int trace, bool failed = false) =>
    [
        Call(trace, "gateway", 1, 0, SpanKind.Server, 90),
        Call(trace, "gateway", 2, 1, SpanKind.Client, 70),
        Call(trace, "cart", 3, 2, SpanKind.Server, 60, failed),
        Call(trace, "cart", 4, 3, SpanKind.Internal, 30),
        Call(trace, "cart", 5, 4, SpanKind.Client, 20, resource: "DATABASE:postgresql/db"),
        Call(trace, "cart", 6, 4, SpanKind.Producer, 5, resource: "MQ:kafka/orders"),
        Call(trace, "billing", 7, 6, SpanKind.Consumer, 10, resource: "MQ:kafka/orders"),
    ];

    private static ArrivedSpan Call(
        int trace, string service, ulong id, ulong parent, SpanKind kind, long duration, bool failed = false, string remote = "", string resource = "", string instance = "1") => new()
        {
            TraceId = (UInt128)trace,
            SpanId = id,
            ParentId = parent,
            Kind = kind,
            End = (ulong)(s_now - DateTimeOffset.UnixEpoch).Ticks * 100,
            Duration = duration,
            Instance = new(null!, $"{service} {instance}"),
            Reading = new()
            {
                IsEntry = parent == 0 || kind is SpanKind.Server or SpanKind.Consumer,
                Failed = failed,
                Category = resource.Length == 0 ? SpanCategory.Http : resource.StartsWith("MQ:", StringComparison.Ordinal) ? SpanCategory.Messaging : SpanCategory.Database,
                Transaction = "GET_/",
                ResultCode = failed ? "500" : "200",
                RemoteName = remote,
                Resource = resource,
            },
        };

    private void Arrive(params IEnumerable<ArrivedSpan> spans)
    {
        ArrivedSpan[] arrived =
        [
            .. spans.Select(s =>
            {
                var names = s.Instance.Name.Split(' ');
                s.Instance = new(_project.Graph.Service("g", names[0]), names[1]);
                return s;
            }),
        ];
        _pairing.Add(_project, arrived, s_now);
    }

    private List<string> Result()
    {
        _pairing.Expire(s_now + s_patience);
        var all = new MinuteMeasures(_project.Graph);
        foreach (var minute in _project.Take().Values)
        {
            all.Add(minute);
        }

        return
        [
            .. all.Nodes.Select(static n => string.Create(CultureInfo.InvariantCulture, $"{n.Key.Id} {n.Value.Calls}/{n.Value.Errors} {n.Value.Sum}"))
                .Concat(all.Edges.Select(static e => string.Create(CultureInfo.InvariantCulture, $"{e.Key.Source.Id} -{e.Key.Type}> {e.Key.Target.Id} {e.Value.Calls}/{e.Value.Errors} {e.Value.Sum}")))
                .Concat(_project.Graph.Nodes.Where(static n => n.Type is not NodeType.Service).Select(static n => n.Id))
                .Order(StringComparer.Ordinal),
        ];
    }
}
