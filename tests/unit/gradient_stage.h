/* The stage of the tests of derivatives: a document with its derivatives, and documents that have every field
 * between them. */
#ifndef GRADIENT_STAGE_H
#define GRADIENT_STAGE_H

#include "secondchair/gradient.h"
#include "support.h"

/* --- a document with its derivatives --- */

struct derived {
    struct valued valued;
    struct sc_gradient gradient;
};

/* Takes the document over; it must have a value. */
UNUSED void derive(struct derived *d, json_t *document)
{
    value(&d->valued, document);
    const struct sc_plan *plan = d->valued.plan;
    void *memory = sc_arena_alloc(&d->valued.arena, sc_gradient_size(plan));
    assert_non_null(memory);
    memset(memory, 0xff, sc_gradient_size(plan));
    sc_gradient_init(&d->gradient, plan, memory);
    assert_true(sc_gradient_evaluate(&d->valued.block, &d->gradient, &d->valued.faults));
}

UNUSED const struct sc_derivative *at(const struct derived *d, const char *pointer)
{
    return &d->gradient.driver[slot_at(d->valued.plan, pointer)];
}

UNUSED double by(const struct derived *d, const char *pointer)
{
    return at(d, pointer)->value;
}

/* The derivative by one driver. Takes the document over. */
UNUSED double slope_of(json_t *document, const char *pointer)
{
    struct derived d;
    derive(&d, document);
    double slope = by(&d, pointer);
    release(&d.valued);
    return slope;
}

/* --- documents that have every field between them --- */

typedef json_t *make_document(void);

UNUSED json_t *everything(void)
{
    json_t *document = json_of(
        "{'schema':1,'name':'All','company':'TEST','valuation_date':'2026-04-23','price':30,'fair_band':0.1,"
        "'base_year_end':'2025-12-27','horizon':6,'timing':'mid',"
        "'market':{'base_year':2025,'total_spend':40000,'growth':[0.6,0.4,0.28,0.2,0.15,0.12],"
        "'silicon_content':{'start':0.7,'end':0.5,'shape':'geometric','from':1,'to':5},"
        "'inference_share':{'curve':'logistic','floor':0.05,'ceiling':0.9,'observations':["
        "{'year':2022.5,'value':0.2},{'year':2024,'value':0.5,'sigma':0.2},{'year':2025,'low':0.45},"
        "{'year':2026,'high':0.75},{'year':2030,'low':0.7,'high':0.8,'sigma':0.4}]}},"
        "'seats':[{'id':'a','training':{'start':0.5,'end':0.3},'inference':0.25},"
        "{'id':'b','training':[0.1,0.11,0.12,0.13,0.14,0.15,0.16],"
        "'inference':{'start':0.2,'end':0.3,'shape':'logistic','to':4}},{'id':'rest','residual':true}],"
        "'segments':[{'id':'chip','chair':true,'seat':'b','capture':{'start':0.9,'end':0.8},'margin':0.35},"
        "{'id':'rest','seat':'rest','capture':0.1,'margin':[0.1,0.11,0.12,0.13,0.14,0.15]},"
        "{'id':'old','chair':true,'base':900,'growth':{'start':0.3,'end':0.05},"
        "'margin':{'start':-0.4,'end':0.3}},"
        "{'id':'new','values':[50,80,120,90,100,110],'margin':-0.05}],"
        "'operations':{'base_revenue':5000,'invested_capital':3000,'corporate_cost':0.04,"
        "'tax':{'rate':{'start':0.13,'end':0.17},'nol':2500,'nol_limit':0.7},"
        "'reinvestment':{'sales_to_capital':{'start':2,'end':1.5},'lag':2},"
        "'sbc':{'share_of_revenue':0.04,'treatment':'addback'}},"
        "'discount':{'wacc':{'start':0.12,'end':0.09}},"
        "'terminal':{'method':'gordon','growth':0.03,'wacc':0.085,'tax_rate':0.2},"
        "'bridge':{'cash':900,'investments':100,'debt':500,'leases':50,'minority':40,'preferred':30},"
        "'dilution':{'basic':1000,'rsu':20,'options':[{'count':30,'strike':4},{'count':20,'strike':400}],"
        "'warrants':[{'count':50,'strike':0.01,'probability':0.9},{'count':60,'strike':2,'threshold':5},"
        "{'count':40,'strike':2,'threshold':500}]},"
        "'failure':{'probability':0.05,'recovery':0.3},"
        "'chair':{'hazard':{'start':0.1,'end':0.03},'retention':0.7,'floor':0.1,'margin_loss':0.05},"
        "'returns':{'reinvestment_rate':0.04,'net_share_growth':-0.01}}");
    return document;
}

UNUSED json_t *two_workloads(void)
{
    json_t *document = everything();
    set(document, "/market",
        "{'base_year':2025,'training':{'base':20000,'growth':{'start':0.5,'end':0.1}},"
        "'inference':{'base':21000,'growth':0.3}}");
    set(document, "/operations/reinvestment",
        "{'capex':{'start':0.05,'end':0.04},'depreciation':0.03,'working_capital':[0.1,0.12,0.1,0.1,0.1,0.1]"
        "}");
    set(document, "/operations/sbc", "{'share_of_revenue':0.04}");
    set(document, "/discount",
        "{'capm':{'risk_free':0.04,'erp':0.05,'beta_unlevered':1.2,'debt_to_value':0.15,'cost_of_debt':0.06,"
        "'tax':0.2,'premium':0.01}}");
    set(document, "/terminal",
        "{'method':'value_driver','growth':0.03,'ronic':0.2,'capm':{'risk_free':0.035,'erp':0.045,"
        "'beta_unlevered':1.1,'debt_to_value':0.1,'cost_of_debt':0.05,'tax':0.25,'premium':0.005}}");
    set(document, "/dilution/method", "'option_value'");
    set(document, "/dilution/options",
        "[{'count':30,'strike':4,'years':3,'volatility':0.5,'rate':0.04},"
        "{'count':20,'strike':40,'years':6,'volatility':0.4,'rate':0.03}]");
    return document;
}

UNUSED json_t *points(void)
{
    json_t *document = two_workloads();
    set(document, "/market",
        "{'base_year':2025,'total_spend':40000,'growth':0.2,'inference_share':{'curve':'pchip',"
        "'points':[[2022.3,0.2],[2024.6,0.45],[2026.7,0.5],[2027.4,0.75],[2028.2,0.7],[2030.6,0.74]]}}");
    set(document, "/discount", "{'wacc':[0.12,0.11,0.1,0.1,0.09,0.09]}");
    set(document, "/terminal", "{'method':'exit_multiple','metric':'ebitda','multiple':9,'growth':0.02}");
    set(document, "/timing", "'end'");
    return document;
}

UNUSED json_t *given_curve(void)
{
    json_t *document = everything();
    set(document, "/market/inference_share",
        "{'curve':'gompertz','k':0.4,'mid':2025.3,'floor':0.1,'ceiling':0.85}");
    set(document, "/operations/reinvestment", "{'sales_to_capital':1.7,'lag':0}");
    set(document, "/terminal", "{'method':'h_model','growth':0.02,'half_life':3.5,'growth_start':0.09}");
    return document;
}

UNUSED json_t *share_path(void)
{
    json_t *document = everything();
    set(document, "/market/inference_share", "{'path':{'start':0.3,'end':0.7,'shape':'geometric'}}");
    set(document, "/terminal", "{'method':'exit_multiple','metric':'nopat','multiple':12}");
    set(document, "/operations/tax/nol", "100000");
    return document;
}

/* The observations lie about a gompertz curve that ends at 0.7. */
UNUSED json_t *free_ceiling(void)
{
    json_t *document = everything();
    set(document, "/market/inference_share",
        "{'curve':'gompertz','observations':[{'year':2020,'value':0.03},{'year':2022,'value':0.19},"
        "{'year':2024,'value':0.43},{'year':2025,'low':0.5,'high':0.56},{'year':2026,'value':0.58},"
        "{'year':2028,'value':0.66},{'year':2031,'value':0.68},{'year':2034,'value':0.7}]}");
    set(document, "/terminal", "{'method':'exit_multiple','metric':'revenue','multiple':2}");
    return document;
}

UNUSED json_t *thirty_years(void)
{
    json_t *document = given_curve();
    set(document, "/horizon", "30");
    json_t *growth = json_array();
    for (int year = 0; year < 30; year++) json_array_append_new(growth, json_real(0.2 / (1 + 0.2 * year)));
    set_json(document, "/market/growth", growth);
    set(document, "/seats/1/training", "0.15");
    set(document, "/segments/1/margin", "0.12");
    set(document, "/segments/3", "{'id':'new','base':50,'growth':0.02,'margin':-0.05}");
    set(document, "/chair/hazard", "{'start':0.02,'end':0.05,'from':5,'to':25,'shape':'logistic'}");
    return document;
}

/* Losses first, and no equity left where the chair is lost early. */
UNUSED json_t *under_water(void)
{
    json_t *document = everything();
    set(document, "/segments/0/margin", "[-0.3,-0.2,-0.05,0.1,0.25,0.3]");
    set(document, "/terminal", "{'method':'exit_multiple','metric':'ebit','multiple':9}");
    set(document, "/bridge/debt", "17000");
    return document;
}

UNUSED json_t *pinned(void)
{
    json_t *document = plain_document(); /* equity 1000, 100 shares */
    set(document, "/dilution/options", "[{'count':10,'strike':2}]");
    set(document, "/dilution/warrants",
        "[{'count':30,'strike':0.01,'threshold':9},{'count':20,'strike':1,'threshold':20}]");
    return document;
}

#endif
