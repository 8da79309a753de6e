using Stagedoor.Tracing.Model;
using Xunit;

namespace Stagedoor.Tracing.Tests.Model;

#pragma warning disable CA5394 // Nobody has to guess what is tried.
public sealed class HttpTransactionTests
{
    [Theory]
    [InlineData("GET", "/rest/healthz/17", "GET_/rest/healthz/*")]
    [InlineData("GET", "/rest/healthz/live", "GET_/rest/healthz/live")]
    [InlineData("get", "/", "GET_/")]
    [InlineData("GET", "", "GET_/")]
    [InlineData("GET", "/orders/?page=2", "GET_/orders")]
    [InlineData("GET", "/orders/7#top", "GET_/orders/*")]
    [InlineData("GET", "/orders//8841/lines/", "GET_/orders/*/lines")]
    [InlineData("GET", "/orders;v=1/8841;a=b/lines", "GET_/orders/*/lines")]
    [InlineData("PUT", "/v1/users/6f1d0c52-7be1-4a7c-9b53-0f6a3f1b2c4d", "PUT_/v1/users/*")]
    [InlineData("PUT", "/v1/users/{6f1d0c52-7be1-4a7c-9b53-0f6a3f1b2c4d}", "PUT_/v1/users/*")]
    [InlineData("GET", "/commit/9fceb02d0ae598e9", "GET_/commit/*")]
    [InlineData("GET", "/facade/deadbeef", "GET_/facade/deadbeef")]
    [InlineData("GET", "/users/ann@example.org", "GET_/users/*")]
    [InlineData("GET", "/users/%E4%B8%AD", "GET_/users/*")]
    [InlineData("GET", "/users/中", "GET_/users/*")]
    [InlineData("GET", "/v2/acme/api/manifests/sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9", "GET_/v2/acme/api/manifests/sha256:*")]
    [InlineData("POST", "/jobs/123:cancel", "POST_/jobs/*:cancel")]
    [InlineData("GET", "/report/2026-03-02", "GET_/report/*")]
    [InlineData("GET", "/report/2026-03-02T10", "GET_/report/*")]
    [InlineData("GET", "/static/app.3f2a9c1b.js", "GET_/static/app.3f2a9c1b.js")]
    [InlineData("GET", "/img/20260302.png", "GET_/img/*.png")]
    [InlineData("GET", "/img/20260302.png/", "GET_/img/*.png")]
    [InlineData("GET", "/p/kubernetes-dashboard-v2", "GET_/p/kubernetes-dashboard-v2")]
    [InlineData("GET", "/t/kubernetes-dashboard-v1-2-3", "GET_/t/*")]
    [InlineData("GET", "/n/-1.250,00", "GET_/n/*")]
    [InlineData("GET", "/n/1.", "GET_/n/1.")]
    [InlineData("GET", "/n/item12345x", "GET_/n/*")]
    [InlineData("PROPFIND", "/dav/x", "OTHER_/dav/x")]
    [InlineData("QUERY", "/dav/x", "OTHER_/dav/x")]
    [InlineData("GET", "/a/b/c/d/e/f/g/h/i/j", "GET_/a/b/c/d/e/f/g/h/i/j")]
    [InlineData("GET", "/a/b/c/d/e/f/g/h/i/j/k", "GET_/a/b/c/d/e/f/g/h/**")]
    public void A_path_becomes_the_pattern_of_its_kind(string method, string path, string expected) =>
        Assert.Equal(expected, new HttpTransaction { Method = method, Path = path }.Name().Name);

    [Theory]
    [InlineData("api/Orders/{id:int}", "/api/orders/42", "GET_/api/Orders/{id:int}")]
    [InlineData("/min/{id:int}", "/min/4", "GET_/min/{id:int}")]
    [InlineData("{controller=Home}/{action=Index}/{id?}", "/Home/Index/9", "GET_/Home/Index/*")]
    [InlineData("10.8.0.12:8080", "/hello", "GET_/hello")]
    [InlineData("rest://10.8.0.12:8080", "/hello/7", "GET_/hello/*")]
    [InlineData("not a route", "/hello/7", "GET_/hello/*")]
    public void A_route_that_is_one_is_the_name(string route, string path, string expected) =>
        Assert.Equal(expected, new HttpTransaction { Method = "GET", Route = route, Path = path }.Name().Name);

    [Fact]
    public void Without_a_route_the_template_the_name_of_the_span_and_the_path_are_asked_in_this_order()
    {
        var call = new HttpTransaction { Method = "GET", Template = "/t/{id}", SpanName = "GET /s/1", Path = "/p/1" };
        Assert.Equal(("GET_/t/{id}", false), call.Name());
        Assert.Equal(("GET_/s/*", true), (call with { Template = "" }).Name());
        Assert.Equal(("GET_/s/*", true), (call with { Template = "", SpanName = "HTTP GET /s/1" }).Name());
        Assert.Equal(("GET_/p/*", true), (call with { Template = "", SpanName = "GET" }).Name());
        Assert.Equal(("GET_/p/*", true), (call with { Template = "", SpanName = "fetch /s/1" }).Name());
    }

    [Fact]
    public void What_nobody_serves_is_one_transaction()
    {
        Assert.Equal(("GET_/**", false), new HttpTransaction { Method = "GET", Path = "/wp-login.php", Status = 404 }.Name());
        Assert.Equal(("GET_/x/{id}", false), new HttpTransaction { Method = "GET", Route = "/x/{id}", Path = "/x/1", Status = 404 }.Name());
    }

    [Fact]
    public void No_name_is_longer_than_allowed()
    {
        var (name, _) = new HttpTransaction { Method = "GET", Path = "/" + new string('x', 5000) }.Name();

        Assert.True(name.Length <= HttpTransaction.MaxLength);
    }

    [Fact]
    public void Any_path_is_read()
    {
        var random = new Random(1);
        const string Characters = "/:.;?#%{}*ab019-_~\0\ud800";
        for (var i = 0; i < 200_000; i++)
        {
            var path = string.Create(random.Next(40), random, static (span, r) =>
            {
                foreach (ref var c in span)
                {
                    c = Characters[r.Next(Characters.Length)];
                }
            });
            Assert.StartsWith("/", PathPattern.Of(path), StringComparison.Ordinal);
        }
    }
}
