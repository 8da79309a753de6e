using Xunit;
using static Stagedoor.Monitoring.Tests.Dashboard;

namespace Stagedoor.Monitoring.Tests;

/// <summary>
/// The figures shown are those of the calls that were made, for each publisher as its own source counts: <c>MetricsMonitorDataProvider</c> of
/// java-chassis 2.8 and 3, the two providers of Spring Cloud Huawei, and go-chassis' collector. Figures: requests that went well and that failed
/// in the ten seconds of a report.
/// </summary>
public sealed class PublisherTests(Dashboard dashboard) : IClassFixture<Dashboard>
{
    [Theory]
    [InlineData(995, 5, 0.5)]
    [InlineData(1000, 0, 0)]
    [InlineData(0, 7, 100)]
    [InlineData(1, 1, 50)]
    [InlineData(1, 999, 99.9)]
    public async Task Java_chassis_3(int good, int bad, double rate)
    {
        // Group by group, those that went well first: a failed group is added to the total that counts it already.
        double total = good, failure = 0;
        if (bad > 0)
        {
            total += bad;
            failure = total + bad;
        }

        await ShouldShowAsync($"jc3-{good}-{bad}", total, failure, good + bad, rate);
    }

    [Fact]
    public async Task Java_chassis_3_with_two_kinds_of_failures_tells_only_the_last()
    {
        // 200, then 500, then 503: each overwrites the failures of the one before.
        double total = 90, failure;
        total += 6;
        total += 4;
        failure = total + 4;

        await ShouldShowAsync("jc3-two-kinds", total, failure, 100, 4);
    }

    [Fact]
    public async Task Java_chassis_2_without_failures() => await ShouldShowAsync("jc2-good", 1000, 0, 1000, 0);

    [Theory]
    [InlineData(990, 10, 3)]
    [InlineData(0, 10, 0.5)]
    [InlineData(10, 10, 5000)]
    public async Task Java_chassis_2_tells_no_number_of_failures_but_never_more_than_all(int good, int bad, double milliseconds)
    {
        var total = good + bad;
        var failure = total + (milliseconds * bad / 10);

        var shown = await ShowAsync($"jc2-{good}-{bad}", total, failure);
        Assert.Equal(total, shown.Total);
        Assert.InRange(shown.Rate, double.Epsilon, 100);
    }

    [Theory]
    [InlineData(40, 0, 0)]
    [InlineData(30, 10, 25)]
    [InlineData(0, 10, 100)]
    public async Task Spring_cloud_huaweis_governance_provider(int good, int bad, double rate) =>
        await ShouldShowAsync($"cs-governance-{good}-{bad}", good + bad, bad, good + bad, rate);

    [Theory]
    [InlineData(40, 0, 0)]
    [InlineData(30, 10, 25)]
    [InlineData(0, 10, 100)]
    public async Task Spring_cloud_huaweis_invocation_provider_until_its_first_failure_is_counted(int good, int bad, double rate) =>
        await ShouldShowAsync($"cs-invocation-{good}-{bad}", good + bad, bad, good + bad, rate);

    [Fact]
    public async Task Both_providers_of_one_spring_instance_are_one_row()
    {
        await dashboard.UploadAsync(Report("cs-both", "host-1", Row("Provider.spring.pay", total: 0, failure: 0)));

        await ShouldShowAsync("cs-both", 40, 10, 40, 25, "Provider.spring.pay");
    }

    [Theory]
    [InlineData(40, 0, 0)]
    [InlineData(30, 10, 25)]
    [InlineData(0, 10, 100)]
    public async Task Go_chassis_collector(int good, int bad, double rate) => await ShouldShowAsync($"cg-{good}-{bad}", good + bad, bad, good + bad, rate);

    private async Task ShouldShowAsync(string service, double total, double failure, double shownTotal, double rate, string name = "Provider.a.b") =>
        Assert.Equal((shownTotal, rate), await ShowAsync(service, total, failure, name));

    private async Task<(double Total, double Rate)> ShowAsync(string service, double total, double failure, string name = "Provider.a.b")
    {
        await dashboard.UploadAsync(Report(service, "host-1", Row(name, total: total, failure: failure)));
        var row = Assert.Single(await dashboard.QueryAsync($"service={service}"));
        return (row.GetProperty("total").GetDouble(), row.GetProperty("failureRate").GetDouble());
    }
}
