-- The stores that the rules with labels are for: those that have one of the wanted
-- values of each wanted name. A store has one value of each name, so it has as many
-- matches as there are names.
create temporary table chosen_store on commit drop as
with

wanted as not materialized (
    select
        r.rule_id,
        split_part(w.label, ':', 1) as name,
        substr(w.label, strpos(w.label, ':') + 1) as value
    from alert_rule as r
    cross join unnest(r.labels) as w (label)
)

select
    w.rule_id,
    l.store_id
from wanted as w
inner join store_label as l on w.name = l.name and w.value = l.value
group by w.rule_id, l.store_id
having
    count(*) = (
        select count(distinct n.name)
        from wanted as n
        where n.rule_id = w.rule_id
    )
