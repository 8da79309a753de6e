using System.Net;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Spans;
using Xunit;

namespace Stagedoor.Tracing.Tests.Model;

public sealed class SpanReaderTests
{
    [Theory]
    [InlineData("http.request.method=GET|url.path=/rest/healthz/17", "name", "GET_/rest/healthz/*")]
    [InlineData("http.method=get|http.target=/orders?page=2", "name", "GET_/orders")]
    [InlineData("http.request.method=GET|url.full=https://shop.example:8443/orders/8841?page=2", "name", "GET_/orders/*")]
    [InlineData("http.request.method=GET|http.url=https://shop.example", "name", "GET_/")]
    [InlineData("http.method=GET|http.path=/orders/8841", "name", "GET_/orders/*")]
    [InlineData("http.request.method=GET|http.route=api/Orders/{id:int}|url.path=/api/orders/42", "name", "GET_/api/Orders/{id:int}")]
    [InlineData("http.request.method=GET|url.template=/x/{y}|url.path=/x/42", "name", "GET_/x/{y}")]
    [InlineData("http.request.method=GET|url.path=/wp-login.php|http.response.status_code=#404", "name", "GET_/**")]
    [InlineData("http.method=GET|http.path=/wp-login.php|http.status_code=404", "name", "GET_/**")]
    [InlineData("http.request.method=GET", "GET /orders/8841", "GET_/orders/*")]
    [InlineData("http.request.method=_OTHER|http.request.method_original=QUERY|url.path=/x", "name", "OTHER_/x")]
    [InlineData("", "GET /orders/8841", "GET_/orders/*")]
    [InlineData("", "HTTP GET /orders/8841", "GET_/orders/*")]
    [InlineData("", "/orders/8841", "/orders/*")]
    [InlineData("", "nightly report", "nightly report")]
    [InlineData("", "Microsoft.AspNetCore.Hosting.HttpRequestIn", "Microsoft.AspNetCore.Hosting.HttpRequestIn")]
    [InlineData("rpc.system=grpc|rpc.service=shop.Cart|rpc.method=Add|http.request.method=POST", "name", "shop.Cart/Add")]
    [InlineData("rpc.system.name=grpc|rpc.service=x|rpc.method=shop.Cart/Add", "name", "shop.Cart/Add")]
    [InlineData("rpc.system=jsonrpc|rpc.method=_OTHER|rpc.method_original=a-1", "name", "_OTHER")]
    [InlineData("rpc.system=grpc", "/shop.Cart/Add", "shop.Cart/Add")]
    [InlineData("rpc.system=grpc|rpc.method=Add", "shop.Cart/Add", "shop.Cart/Add")]
    [InlineData("messaging.system=kafka|messaging.destination.name=orders", "name", "process_orders")]
    [InlineData("messaging.system=kafka|messaging.operation=receive|messaging.destination=orders", "name", "receive_orders")]
    [InlineData("messaging.system=kafka|messaging.operation.name=poll|messaging.operation.type=receive|messaging.destination.template=o-{id}|messaging.destination.name=o-7", "name", "poll_o-{id}")]
    [InlineData("messaging.system=rabbitmq|messaging.destination.name=amq.gen-7|messaging.destination.temporary=!true", "name", "process_*")]
    [InlineData("messaging.system=rabbitmq|messaging.destination.name=amq.gen-7|messaging.destination.anonymous=true", "name", "process_*")]
    [InlineData("faas.name=resize", "name", "faas_resize")]
    [InlineData("faas.trigger=timer", "name", "faas_timer")]
    public void A_transaction_is_named_by_what_kind_of_work_it_is(string attributes, string name, string expected) => Assert.Equal(expected, Read(Sent.Span(attributes, name: name)).Transaction);

    [Theory]
    [InlineData("GET,POST_/{name}", "GET", "/alice", "GET_/{name}")]
    [InlineData("GET,POST_/{name}", "PUT", "/alice", "PUT_/alice")]
    [InlineData("ALL_/first/*", "GET", "/first/a/b", "GET_/first/a/b")]
    public void A_rule_of_the_service_names_before_everything_else(string rule, string method, string path, string expected) => Assert.Equal(
        expected,
        Read(Sent.Span($"http.request.method={method}|url.path={path}|http.route={path}"), new() { Transactions = [TransactionRule.Parse(rule)!] }).Transaction);

    [Fact]
    public void A_name_is_at_most_200_characters_and_holds_whole_ones()
    {
        var name = Read(Sent.Span(name: string.Concat(Enumerable.Repeat("x😀", 100)))).Transaction;

        Assert.InRange(name.Length, 199, 200);
        Assert.True(Text.IsStorable(name));
    }

    [Theory]
    [InlineData(SpanKind.Server, 3, 0u, true)]
    [InlineData(SpanKind.Consumer, 3, 0u, true)]
    [InlineData(SpanKind.Internal, 0, 0u, true)]
    [InlineData(SpanKind.Client, 3, 0x300u, true)]
    [InlineData(SpanKind.Client, 3, 0xFFFFFF00u, true)]
    [InlineData(SpanKind.Client, 3, 0x200u, false)]
    [InlineData(SpanKind.Client, 3, 0x100u, false)]
    [InlineData(SpanKind.Producer, 3, 1u, false)]
    public void An_entry_is_what_serves_and_what_has_no_parent_here(object kind, byte parent, uint flags, bool expected)
    {
        var facts = Read(Sent.Span(kind: (SpanKind)kind, parent: parent, flags: flags));

        Assert.Equal(expected, facts.IsEntry);
        Assert.Equal(expected ? "name" : "", facts.Transaction);
    }

    [Theory]
    [InlineData("", SpanKind.Server, SpanStatus.Unset, false)]
    [InlineData("", SpanKind.Server, SpanStatus.Error, true)]
    [InlineData("http.response.status_code=#503", SpanKind.Server, SpanStatus.Ok, false)]
    [InlineData("http.response.status_code=#500", SpanKind.Server, SpanStatus.Unset, true)]
    [InlineData("http.status_code=500", SpanKind.Server, SpanStatus.Unset, true)]
    [InlineData("http.response.status_code=#499", SpanKind.Server, SpanStatus.Unset, false)]
    [InlineData("http.response.status_code=#400", SpanKind.Client, SpanStatus.Unset, true)]
    [InlineData("http.response.status_code=#399", SpanKind.Client, SpanStatus.Unset, false)]
    [InlineData("http.response.status_code=#500", SpanKind.Internal, SpanStatus.Unset, false)]
    [InlineData("error=", SpanKind.Server, SpanStatus.Unset, true)]
    [InlineData("error=timeout", SpanKind.Server, SpanStatus.Unset, true)]
    [InlineData("error=false", SpanKind.Server, SpanStatus.Unset, false)]
    [InlineData("error=!true", SpanKind.Server, SpanStatus.Unset, true)]
    [InlineData("error=!false", SpanKind.Server, SpanStatus.Unset, false)]
    [InlineData("rpc.grpc.status_code=#0", SpanKind.Client, SpanStatus.Unset, false)]
    [InlineData("rpc.grpc.status_code=#5", SpanKind.Client, SpanStatus.Unset, true)]
    [InlineData("rpc.grpc.status_code=#5", SpanKind.Server, SpanStatus.Unset, false)]
    [InlineData("rpc.grpc.status_code=#14", SpanKind.Server, SpanStatus.Unset, true)]
    [InlineData("rpc.response.status_code=DEADLINE_EXCEEDED", SpanKind.Server, SpanStatus.Unset, true)]
    [InlineData("rpc.status_code=NOT_FOUND", SpanKind.Server, SpanStatus.Unset, false)]
    [InlineData("rpc.status_code=NOT_FOUND", SpanKind.Client, SpanStatus.Unset, true)]
    [InlineData("rpc.status_code=OK", SpanKind.Client, SpanStatus.Unset, false)]
    [InlineData("rpc.status_code=what", SpanKind.Client, SpanStatus.Unset, false)]
    public void What_failed_is_told_by_its_status_or_else_by_its_code(string attributes, object kind, object status, bool expected) =>
        Assert.Equal(expected, Read(Sent.Span(attributes, kind: (SpanKind)kind, status: (SpanStatus)status)).Failed);

    [Theory]
    [InlineData("http.response.status_code=#503", null, false)]
    [InlineData("http.response.status_code=#500", null, true)]
    [InlineData("error.type=Timeout", null, false)]
    [InlineData("", "Timeout", false)]
    [InlineData("", "Other", true)]
    public void What_a_service_ignores_is_no_failure(string attributes, string? exception, bool expected) => Assert.Equal(
        expected,
        Read(Sent.Span(attributes, status: SpanStatus.Error, exception: exception), new() { Ignored = new HashSet<string>(StringComparer.Ordinal) { "503", "Timeout" } }).Failed);

    [Theory]
    [InlineData("", false)]
    [InlineData("biz=0", false)]
    [InlineData("biz=#0", false)]
    [InlineData("biz=7", true)]
    [InlineData("biz=#7", true)]
    public void A_business_code_may_be_a_failure(string attributes, bool expected) => Assert.Equal(
        expected, Read(Sent.Span(attributes), new() { BusinessCode = "biz", AcceptedCodes = new HashSet<string>(StringComparer.Ordinal) { "0" } }).Failed);

    [Theory]
    [InlineData("http.response.status_code=#503|error.type=x", "503")]
    [InlineData("http.status_code=404", "404")]
    [InlineData("rpc.response.status_code=NOT_FOUND|rpc.grpc.status_code=#5", "NOT_FOUND")]
    [InlineData("rpc.grpc.status_code=#5", "5")]
    [InlineData("db.response.status_code=23505|error.type=x", "23505")]
    [InlineData("error.type=x", "x")]
    [InlineData("", "")]
    public void The_result_code_is_the_first_that_was_sent(string attributes, string expected) => Assert.Equal(expected, Read(Sent.Span(attributes)).ResultCode);

    [Theory]
    [InlineData("client.address=10.8.0.31", "10.8.0.31")]
    [InlineData("client.address=proxy.example|network.peer.address=10.8.0.32", "10.8.0.32")]
    [InlineData("client.address=::ffff:10.8.0.33", "10.8.0.33")]
    [InlineData("client.address=::1|net.sock.peer.addr=10.8.0.34", "10.8.0.34")]
    [InlineData("client.address=17|net.peer.ip=10.8.0.35", "10.8.0.35")]
    [InlineData("http.client_ip=10.8.0.36", "10.8.0.36")]
    [InlineData("client.address=010.8.0.37", "8.8.0.37")]
    [InlineData("client.address=10.8.0.256|net.peer.ip=255.8.0.38", "255.8.0.38")]
    [InlineData("client.address=10.8.0.|net.peer.ip=10.8.0.39", "10.8.0.39")]
    [InlineData("client.address=10.8.0.40.1|net.peer.ip=10.8.0.41", "10.8.0.41")]
    [InlineData("client.address=::1", "0.0.0.0")]
    public void The_caller_is_the_first_address_of_the_fourth_version(string attributes, string expected) => Assert.Equal(
        IPAddress.Parse(expected).GetAddressBytes(), BitConverter.GetBytes(Read(Sent.Span(attributes)).Address).Reverse());

    [Theory]
    [InlineData("service.peer.name=a|peer.service=b", "a")]
    [InlineData("peer.service=b|server.address=c", "b")]
    [InlineData("server.address=c|server.port=#80|net.peer.name=d", "c:80")]
    [InlineData("net.peer.name=d|network.peer.address=e", "d")]
    [InlineData("network.peer.address=e|network.peer.port=#1", "e:1")]
    [InlineData("net.sock.peer.addr=f|net.sock.peer.port=2", "f:2")]
    [InlineData("db.name=g|db.system=h", "g")]
    [InlineData("db.system=h", "h")]
    [InlineData("messaging.system=kafka", "kafka")]
    [InlineData("", "")]
    public void What_a_span_calls_has_the_best_name_that_was_sent(string attributes, string expected) =>
        Assert.Equal(expected, Read(Sent.Span(attributes, kind: SpanKind.Client, parent: 7)).RemoteName);

    [Theory]
    [InlineData("db.system.name=postgresql|server.address=db1|db.namespace=shop", SpanKind.Client, SpanCategory.Database, "DATABASE:postgresql/db1")]
    [InlineData("db.system=mysql|db.name=shop", SpanKind.Client, SpanCategory.Database, "DATABASE:mysql/shop")]
    [InlineData("db.system=redis|net.peer.name=cache", SpanKind.Client, SpanCategory.Cache, "CACHE:redis/cache")]
    [InlineData("messaging.system=kafka|messaging.destination.name=orders", SpanKind.Producer, SpanCategory.Messaging, "MQ:kafka/orders")]
    [InlineData("messaging.system=kafka|messaging.destination.name=orders", SpanKind.Consumer, SpanCategory.Messaging, "MQ:kafka/orders")]
    [InlineData("http.request.method=GET", SpanKind.Client, SpanCategory.Http, "")]
    [InlineData("rpc.system=apache_dubbo", SpanKind.Client, SpanCategory.Dubbo, "")]
    [InlineData("rpc.system=jsonrpc", SpanKind.Server, SpanCategory.Rpc, "")]
    [InlineData("", SpanKind.Internal, SpanCategory.Local, "")]
    public void Databases_caches_and_brokers_are_nodes_of_their_own(string attributes, object kind, object category, string expected)
    {
        var facts = Read(Sent.Span(attributes, kind: (SpanKind)kind, parent: 7));

        Assert.Equal((category, expected), ((object)facts.Category, facts.Resource));
    }

    [Fact]
    public void Each_known_key_is_found_and_no_other_one()
    {
        for (var key = 0; key < KnownKeys.Count; key++)
        {
            var name = KnownKeys.NameOf((KnownKey)key);
            Assert.Equal(key, KnownKeys.IndexOf(System.Text.Encoding.UTF8.GetBytes(name)));
            Assert.Equal(-1, KnownKeys.IndexOf(System.Text.Encoding.UTF8.GetBytes(name + "x")));
        }

        Assert.Equal(KnownKeys.Count, Enum.GetValues<KnownKey>().Length);
        Assert.Equal(-1, KnownKeys.IndexOf([]));
    }

    private static SpanReading Read(SpanBatch batch, ServiceRules? rules = null) => SpanReader.Read(batch, batch.Spans[0], rules ?? ServiceRules.None);
}
