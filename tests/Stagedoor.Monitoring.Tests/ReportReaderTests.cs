using System.Text;
using Stagedoor.Monitoring.Reports;
using Xunit;

namespace Stagedoor.Monitoring.Tests;

/// <summary>The reader of reports, by itself.</summary>
public sealed class ReportReaderTests
{
    private const string Whole =
        """
        {"name":"order","appId":"shop","version":"1.0.3","environment":"production","serviceId":"5be1","instanceId":"a9c0","instance":"订单-1",
         "thread":41,"cpu":"NaN","memory":{"heapUsed":1,"headMax":"2"},"customs":{"a":true,"b":null},
         "interfaces":{"items":[{"name":"Provider.a","qps":"1.5","circuitBreakerOpen":"true"},null,{"functionName":"b","functionType":"Consumer","total":3}]}}
        """;

    [Fact]
    public void A_whole_report_is_read()
    {
        var report = ReportReader.Read(Encoding.UTF8.GetBytes(Whole));

        Assert.Equal(("order", "订单-1", 41, null), (report.Name, report.Instance, report.Thread, report.Cpu));
        Assert.Equal(2, report.Memory!.Values["headMax"]);
        Assert.Equal("true", report.Customs!["a"]);
        Assert.Equal([1.5, null, 0], report.Interfaces.Select(static i => i?.Measures.Qps));
    }

    [Fact]
    public void Names_of_members_may_be_escaped()
    {
        var report = ReportReader.Read("""{"n\u0061me":"order","\u0061\u0062\u0063":1,"interfaces":[{"q\u0070s":2}]}"""u8);

        Assert.Equal(("order", 2), (report.Name, report.Interfaces[0]!.Measures.Qps));
    }

    [Fact]
    public void A_report_that_is_cut_anywhere_cannot_be_read()
    {
        var bytes = Encoding.UTF8.GetBytes(Whole);

        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = bytes[..length];
            Assert.Throws<UndecodableException>(() => ReportReader.Read(cut));
        }
    }

#pragma warning disable CA5394 // Nobody has to guess these bytes.
    [Fact]
    public void Whatever_is_sent_is_read_or_refused_with_a_place_in_it()
    {
        // A fixed seed: the same bytes every time.
        var random = new Random(20_000);
        var whole = Encoding.UTF8.GetBytes(Whole);
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = whole.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : whole[random.Next(whole.Length)];
            }

            try
            {
                _ = ReportRules.Check(ReportReader.Read(bytes), "order");
            }
            catch (UndecodableException e)
            {
                refused++;
                Assert.InRange(e.Problem.Line, 1, bytes.Count(static b => b == '\n') + 1);
                Assert.InRange(e.Problem.Column, 1, bytes.Length + 1);
            }
        }

        Assert.InRange(refused, 5_000, 19_999);
    }
#pragma warning restore CA5394
}
